import assert from 'node:assert/strict';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { measureLevel } from '../../src/providers/tts/speech_level.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { SpokenSentence, Tts } from '../../src/providers/types.ts';

/** What every synthesiser must do; each check stands alone and throws when it is not met. */
export interface TtsCheck {
  readonly name: string;
  run(tts: Tts): Promise<void>;
}

const SENTENCE = 'I heard 421 Maple Street, that is M, A, P, L, E; the total is $1,240.';

function speak(tts: Tts, sentence: string, rateHz: 8000 | 16000 = 16_000): Promise<SpokenSentence> {
  return wholeSentence(tts, sentence, { rateHz, signal: new AbortController().signal });
}

function durationMs({ pcm, rateHz }: SpokenSentence): number {
  return (pcm.length / rateHz) * 1_000;
}

export const TTS_CHECKS: readonly TtsCheck[] = [
  {
    name: 'speaks at the rate that is asked for',
    async run(tts) {
      const [wide, narrow] = [await speak(tts, SENTENCE), await speak(tts, SENTENCE, 8_000)];
      assert.equal(wide.rateHz, 16_000);
      assert.equal(narrow.rateHz, 8_000);
      assert.ok(Math.abs(durationMs(wide) - durationMs(narrow)) < 20);
      assert.ok(durationMs(wide) > 2_000 && durationMs(wide) < 20_000);
    },
  },
  {
    name: 'speaks as loud as a telephone expects, without clipping',
    async run(tts) {
      for (const rateHz of [8_000, 16_000] as const) {
        const { activeRms, peak } = measureLevel((await speak(tts, SENTENCE, rateHz)).pcm, rateHz);
        const levelDbfs = 20 * Math.log10(activeRms / 32_768);
        assert.ok(levelDbfs > -23 && levelDbfs < -17, `level ${levelDbfs.toFixed(1)} dBFS`);
        assert.ok(peak < 32_700, `peak ${peak}`);
      }
    },
  },
  {
    name: 'times every word, in order, within the sound',
    async run(tts) {
      const spoken = await speak(tts, SENTENCE);
      assert.deepEqual(
        spoken.words.map(({ word }) => word),
        SENTENCE.split(' '),
      );
      let last = 0;
      for (const { startMs, endMs } of spoken.words) {
        assert.ok(startMs >= last && endMs >= startMs);
        last = endMs;
      }
      assert.ok(last <= durationMs(spoken));
      assert.ok(last > durationMs(spoken) - 600, 'the last word ends near the end');
    },
  },
  {
    name: 'starts without a wait',
    async run(tts) {
      const { pcm } = await speak(tts, 'Hello there.');
      const loudest = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      const onset = pcm.findIndex(sample => Math.abs(sample) > loudest / 10);
      assert.ok(onset < 16_000 * 0.12, `${onset} samples of silence first`);
    },
  },
  {
    name: 'says nothing for nothing',
    async run(tts) {
      for (const empty of ['', '   ', '…', '😀']) {
        const spoken = await speak(tts, empty);
        assert.equal(measureLevel(spoken.pcm, 16_000).activeRms, 0, `for "${empty}"`);
      }
    },
  },
  {
    name: 'takes any text for text',
    async run(tts) {
      for (const hostile of [
        '$(reboot) `id`; rm -rf /',
        '-o /dev/null',
        '<speak>&\u0000\u001b[2J"',
        'a'.repeat(500),
      ]) {
        assert.ok((await speak(tts, hostile)).pcm.length > 0, hostile);
      }
    },
  },
  {
    name: 'refuses what is too long',
    async run(tts) {
      await assert.rejects(
        speak(tts, 'word '.repeat(LIMITS.ttsSentenceCharacters)),
        (error: unknown) => error instanceof TrunklineError && error.code === 'TTS_FAILED',
      );
    },
  },
  {
    name: 'stops when told to, with the reason it was given',
    async run(tts) {
      const reason = new Error('the caller interrupted');
      await assert.rejects(
        wholeSentence(tts, 'Never begun.', { rateHz: 16_000, signal: AbortSignal.abort(reason) }),
        (error: unknown) => error === reason,
      );
      const control = new AbortController();
      const spoken = wholeSentence(tts, `Cut short. ${SENTENCE}`, { rateHz: 16_000, signal: control.signal });
      setImmediate(() => control.abort(reason));
      await assert.rejects(spoken, (error: unknown) => error === reason);
    },
  },
  {
    name: 'serves many at once, each with their own',
    async run(tts) {
      const sentences = Array.from({ length: 8 }, (_, at) => `Number ${at}${' and more'.repeat(at)}.`);
      const alone: number[] = [];
      for (const sentence of sentences) alone.push((await speak(tts, sentence, 8_000)).pcm.length);
      const together = await Promise.all(sentences.map(sentence => speak(tts, sentence, 8_000)));
      assert.deepEqual(
        together.map(({ pcm }) => pcm.length),
        alone,
      );
      assert.ok(alone.at(-1)! > alone[0]! * 3);
    },
  },
];
