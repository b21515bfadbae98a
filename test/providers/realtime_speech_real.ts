import assert from 'node:assert/strict';
import { createOpenAiSpeech } from '../../src/providers/speech/openai_realtime.ts';
import { SpeechMeter } from '../../src/providers/speech/speech_meter.ts';
import type { SpeechEngine, SpeechPart } from '../../src/providers/speech/types.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Use } from '../../src/providers/use.ts';
import { KEY, OPENING, PRICES, take, until } from './realtime_speech_rig.ts';

export const realKey = process.env.OPENAI_API_KEY;

interface RealRig {
  readonly engine: SpeechEngine;
  readonly uses: readonly Use[];
  /** The same with another key. */
  readonly withWrongKey: SpeechEngine;
}

/** `OPENAI_REALTIME_MODEL` names the model. */
export function realRig(apiKey: string): RealRig {
  const uses: Use[] = [];
  const create = (key: string) =>
    createOpenAiSpeech({
      name: 'openai',
      apiKey: key,
      model: process.env.OPENAI_REALTIME_MODEL,
      language: 'en',
      meter: SpeechMeter.of('openai', PRICES, use => uses.push(use)),
    });
  return { engine: create(apiKey), withWrongKey: create(KEY), uses };
}

async function spoken(text: string): Promise<Int16Array> {
  const tts = createFliteTts();
  const signal = AbortSignal.timeout(20_000);
  const { pcm } = await wholeSentence(tts, text, { rateHz: 8000, signal });
  await tts.close();
  return pcm;
}

const SETUP = {
  instructions: 'You are a test. Repeat in English, word for word, what the caller says, and nothing else.',
  tools: [],
};

/** What can be asked of the real service, too. */
export const REAL_CHECKS: readonly { readonly name: string; run(rig: RealRig): Promise<void> }[] = [
  {
    name: 'hears, answers, and remembers what was heard of it',
    async run({ engine, uses }) {
      const conversation = engine.open({ ...OPENING, setup: SETUP });
      const first = conversation.hear();
      first.write(await spoken('One two three four five six seven eight nine ten.'));
      const answer = first.answer(SETUP);
      const parts: SpeechPart[] = [];
      const taken = await take(answer, part => parts.push(part));
      assert.equal(taken.fault, undefined);
      assert.match((await answer.heard) ?? '', /\w/u);
      assert.ok(taken.soundMs > 1000 && taken.text.length > 10, taken.text);
      answer.stop();
      answer.wasHeard(600);
      const second = conversation.hear();
      second.write(await spoken('And now we are done.'));
      const next = await take(second.answer(SETUP));
      assert.equal(next.fault, undefined);
      assert.ok(conversation.isFit, 'nothing of it was refused');
      await until(() => uses.some(({ outputTokens }) => outputTokens > 0));
      conversation.close();
    },
  },
  {
    name: 'refuses a wrong key',
    async run({ withWrongKey }) {
      const speech = withWrongKey.open(OPENING).hear();
      speech.write(new Int16Array(4000));
      await assert.rejects(speech.answer(SETUP).heard, { kind: 'auth' });
      await withWrongKey.close();
    },
  },
];
