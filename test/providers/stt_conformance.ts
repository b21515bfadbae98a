import assert from 'node:assert/strict';
import type { Expectation, Recognition, Stt } from '../../src/providers/types.ts';

export const COLOURS: Expectation = {
  id: 'colours',
  jsgf: '#JSGF V1.0; grammar colours; public <colour> = (red | green | purple) [please];',
};

/** Speech for the checks: 16-bit samples at the rate. */
export type Say = (text: string, rateHz: 8000 | 16000) => Promise<Int16Array>;

type Check = (stt: Stt, say: Say) => Promise<void>;

function hear(stt: Stt, pcm: Int16Array, rateHz: 8000 | 16000, expect = COLOURS): Promise<Recognition> {
  const session = stt.open({ rateHz, expect });
  for (let at = 0; at < pcm.length; at += rateHz / 100) session.write(pcm.subarray(at, at + rateHz / 100));
  return session.finish();
}

/** What every recogniser must do, whoever makes it. */
export const STT_CHECKS: Readonly<Record<string, Check>> = {
  'hears what was said, at both rates, with confidence': async (stt, say) => {
    for (const rateHz of [8000, 16000] as const) {
      const { text, confidence } = await hear(stt, await say('purple please', rateHz), rateHz);
      assert.equal(text, 'purple please');
      assert.ok(confidence > 0.4 && confidence <= 1, `confidence ${confidence}`);
    }
  },
  'keeps speech of several callers apart': async (stt, say) => {
    const words = ['red', 'green', 'purple please'];
    const sounds = await Promise.all(words.map(word => say(word, 16000)));
    const heard = await Promise.all(sounds.map(pcm => hear(stt, pcm, 16000)));
    assert.deepEqual(
      heard.map(({ text }) => text),
      words,
    );
  },
  'does not believe what was not asked for': async (stt, say) => {
    const { confidence } = await hear(stt, await say('my uncle sells used bicycles in winter', 16000), 16000);
    assert.ok(confidence < 0.3, `confidence ${confidence}`);
  },
  'says nothing of nothing, silence and full-scale noise': async stt => {
    const noise = Int16Array.from({ length: 16000 }, (_, at) => ((at * 7919 * 7919) % 65536) - 32768);
    for (const pcm of [new Int16Array(0), new Int16Array(8000), noise]) {
      const { text, confidence } = await hear(stt, pcm, 16000);
      assert.ok(text === '' || confidence < 0.3, `${text} ${confidence}`);
    }
  },
  'refuses a broken grammar and goes on': async (stt, say) => {
    const red = await say('red', 16000);
    await assert.rejects(hear(stt, red, 16000, { id: 'broken', jsgf: 'no grammar; (' }));
    assert.equal((await hear(stt, red, 16000)).text, 'red');
  },
  'forgets a cancelled utterance': async (stt, say) => {
    const session = stt.open({ rateHz: 16000, expect: COLOURS });
    session.write(await say('green', 16000));
    session.cancel();
    await assert.rejects(session.finish());
  },
};
