import { execFileSync } from 'node:child_process';
import t from 'tap';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import { measureLevel } from '../../src/providers/tts/speech_level.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import { COLOURS, type Say, STT_CHECKS } from './stt_conformance.ts';

const never = new AbortController().signal;

function sayWith(tts: Tts): Say {
  return async (text, rateHz) => (await tts.speak(text, { rateHz, signal: never })).pcm;
}

/** Understands the same word whatever is said. */
const deaf: Stt = {
  name: 'deaf',
  open: () => ({
    write: () => {},
    finish: async () => ({ text: 'red', confidence: 1, alternatives: [] }),
    cancel: () => {},
  }),
  close: async () => {},
};

t.test('pocketsphinx holds what every recogniser must', async t => {
  const stt = createPocketsphinxStt();
  const tts = createFliteTts({ voice: 'rms' });
  t.teardown(() => Promise.all([stt.close(), tts.close()]));
  for (const [name, check] of Object.entries(STT_CHECKS)) await t.resolves(check(stt, sayWith(tts)), name);
  for (const [name, check] of Object.entries(STT_CHECKS))
    await t.rejects(check(deaf, sayWith(tts)), `found out: ${name}`);
});

t.test('a recogniser process that is killed costs no utterance', async t => {
  const stt = createPocketsphinxStt();
  const tts = createFliteTts({ voice: 'rms' });
  t.teardown(() => Promise.all([stt.close(), tts.close()]));
  const pcm = await sayWith(tts)('green please', 16000);
  const hear = () => {
    const session = stt.open({ rateHz: 16000, expect: COLOURS });
    session.write(pcm);
    return session.finish();
  };
  await hear();
  const interrupted = hear();
  for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
  t.equal((await interrupted).text, 'green please');
  await stt.close();
  await t.rejects(hear(), { code: 'STT_FAILED' });
  t.same(childrenOf(process.pid), [], 'no process is left');
});

function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
  return lines
    .filter(line => line.includes('pocketsphinx_host'))
    .map(line => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child!);
}

t.test('flite speaks levelled sentences with words in order, and stops when told', async t => {
  const tts = createFliteTts();
  t.teardown(() => tts.close());
  for (const rateHz of [8000, 16000] as const) {
    const text = 'I have 421 Maple Street. M, A, P, L, E. That is $1,240.';
    const { pcm, words, rateHz: spokenHz } = await tts.speak(text, { rateHz, signal: never });
    t.equal(spokenHz, rateHz);
    const { activeRms, peak } = measureLevel(pcm, rateHz);
    const levelDbfs = 20 * Math.log10(activeRms / 32768);
    t.ok(levelDbfs > -24 && levelDbfs < -16, `level ${levelDbfs}`);
    t.ok(peak < 32767, 'nothing is clipped');
    t.ok(words.length > 8);
    t.ok(
      words.every(({ startMs, endMs }, at) => endMs >= startMs && startMs >= (words[at - 1]?.startMs ?? 0)),
    );
    t.ok((words.at(-1)?.endMs ?? 0) <= (pcm.length * 1000) / rateHz + 50);
  }
  await t.rejects(tts.speak('x'.repeat(5000), { rateHz: 16000, signal: never }), { code: 'TTS_FAILED' });
  await t.rejects(
    tts.speak('too late', { rateHz: 16000, signal: AbortSignal.abort(new Error('told')) }),
    /told/,
  );
  const odd = await tts.speak('-o /etc/passwd $(reboot) "; rm', { rateHz: 16000, signal: never });
  t.ok(odd.pcm.length > 0, 'text is text');
});

t.test('a missing synthesiser is a clear error', async t => {
  const tts = createFliteTts({ program: '/nonexistent/flite' });
  await t.rejects(tts.speak('hello', { rateHz: 16000, signal: never }), { code: 'TTS_FAILED' });
  await tts.close();
});
