import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { callerSpeech } from './spoken_fixtures.ts';
import { DATES, recognise, YES_NO } from './stt_conformance.ts';

const PROVIDER = new URL('../../src/providers/stt/pocketsphinx.ts', import.meta.url).href;

/** Recogniser processes whose parent is the given one, read from /proc. */
function recognisersOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/u.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const [, ppid] = /\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return (
          Number(ppid) === parent &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pocketsphinx_host')
        );
      } catch {
        return false;
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 20));
}

t.test('an utterance survives the death of the recogniser process', async t => {
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  const pcm = await callerSpeech('Next Wednesday.');
  const session = stt.open({ rateHz: 16_000, expect: DATES });
  session.write(pcm.subarray(0, 12_000));
  const [first] = recognisersOf(process.pid);
  process.kill(first!, 'SIGKILL');
  await until(() => !isAlive(first!));
  session.write(pcm.subarray(12_000));
  t.equal((await session.finish()).text, 'next wednesday', 'killed while the caller spoke');

  const [second] = recognisersOf(process.pid);
  const late = stt.open({ rateHz: 16_000, expect: DATES });
  late.write(pcm);
  const final = late.finish();
  process.kill(second!, 'SIGKILL');
  t.equal((await final).text, 'next wednesday', 'killed while it searched');
  t.equal(recognisersOf(process.pid).length, 1, 'there is one process again');
});

t.test('a recogniser process that hangs is replaced', async t => {
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  t.equal((await recognise(stt, YES_NO, await callerSpeech('Yes.'))).text, 'yes');
  const [hung] = recognisersOf(process.pid);
  process.kill(hung!, 'SIGSTOP');
  t.equal((await recognise(stt, YES_NO, await callerSpeech('No.'))).text, 'no');
  t.notOk(isAlive(hung!), 'the hung one is gone');
});

t.test('what was prepared is known to every process, without a session that asks for it', async t => {
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  // Equal ids mean equal grammars: the one that came first is what is understood.
  stt.prepare({ ...YES_NO, id: DATES.id });
  t.equal((await recognise(stt, DATES, await callerSpeech('Yes.'))).text, 'yes');
  const [first] = recognisersOf(process.pid);
  process.kill(first!, 'SIGKILL');
  await until(() => !isAlive(first!) && recognisersOf(process.pid).length === 1);
  t.equal((await recognise(stt, DATES, await callerSpeech('Yes.'))).text, 'yes', 'also to the next one');
});

t.test('a process that dies of every utterance is not restarted for ever', async t => {
  const stt = createPocketsphinxStt({ modelDir: '/nowhere' });
  t.teardown(() => stt.close());
  await t.rejects(recognise(stt, YES_NO, new Int16Array(1_600)), { code: 'STT_FAILED' });
});

t.test('partials come while the caller pauses', async t => {
  const stt = createPocketsphinxStt();
  t.teardown(() => stt.close());
  const heard = Promise.withResolvers<string>();
  // An utterance that goes on keeps nothing alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const session = stt.open({ rateHz: 16_000, expect: DATES, onPartial: heard.resolve });
  session.write(await callerSpeech('Tomorrow.'));
  t.equal(await heard.promise, 'tomorrow');
  t.equal((await session.finish()).text, 'tomorrow');
});

t.test('closing ends the process and every utterance', async t => {
  const stt = createPocketsphinxStt();
  const session = stt.open({ rateHz: 16_000, expect: YES_NO });
  session.write(await callerSpeech('Yes.'));
  const [pid] = recognisersOf(process.pid);
  const final = session.finish();
  await stt.close();
  t.notOk(isAlive(pid!), 'no process is left');
  await t.rejects(final, { code: 'STT_FAILED' });
  await t.rejects(recognise(stt, YES_NO, new Int16Array(160)), { code: 'STT_FAILED' });
});

/** Starts a program that has a recogniser, and goes on with the rest of its code. */
function parentOf(t: Test, more: string): ChildProcess {
  const code = `import { createPocketsphinxStt } from '${PROVIDER}'; const stt = createPocketsphinxStt(); ${more}`;
  const folder = t.testdir({ 'parent.mjs': code });
  return spawn(process.execPath, [join(folder, 'parent.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Searches without an end, several at once, and tells when the first was done. */
const SEARCHING = `
  const expect = ${JSON.stringify(DATES)};
  const noise = Int16Array.from({ length: 80_000 }, () => Math.random() * 20_000 - 10_000);
  const search = async () => {
    for (;;) {
      const session = stt.open({ rateHz: 16_000, expect });
      session.write(noise);
      await session.finish();
      process.stdout.write('.');
    }
  };
  for (let i = 0; i < 4; i += 1) void search();`;

t.test('the process ends with its parent, however that ends', async t => {
  const parent = parentOf(t, 'setInterval(() => {}, 1000);');
  await until(() => recognisersOf(parent.pid!).length === 1);
  const [pid] = recognisersOf(parent.pid!);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until(() => !isAlive(pid!));
  t.notOk(isAlive(pid!));
});

t.test('also while it searches', async t => {
  const parent = parentOf(t, SEARCHING);
  await once(parent.stdout!, 'data');
  const [pid] = recognisersOf(parent.pid!);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid!));
  t.notOk(isAlive(pid!));
});

t.test('an idle recogniser does not keep its parent alive', async t => {
  const parent = parentOf(t, '');
  const [code] = await once(parent, 'exit');
  t.equal(code, 0);
});
