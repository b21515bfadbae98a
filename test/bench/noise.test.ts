import t from 'tap';
import { activeSpeech } from '../../bench/noise/active_speech.ts';
import { createPassage, microphone } from '../../bench/noise/passages.ts';
import { JUDGED_SET, NOISE_KINDS, type NoiseSet, TUNING_SET } from '../../bench/noise/sets.ts';
import { levelDb, resampled } from '../../bench/noise/signal.ts';
import { NO_FLITE } from '../pipeline/sounds.ts';

/** What flite alone can say, so that no recordings are needed; there is nobody to babble or to be on television. */
const ALONE: NoiseSet = {
  ...JUDGED_SET,
  name: 'alone',
  voices: [{ by: 'flite', voice: 'rms', sentences: ['A rod is used to catch pink salmon.'] }],
};
const VOICELESS = ['car', 'street', 'hiss'] as const;

t.test('a passage is the same each time, and mixed as it says', { skip: NO_FLITE }, async t => {
  for (const kind of VOICELESS) {
    for (const rateHz of [8000, 16_000] as const) {
      const passage = createPassage(ALONE, kind, 0, 5, rateHz);
      t.same(createPassage(ALONE, kind, 0, 5, rateHz).noise, passage.noise);
      t.equal(passage.noise.length, passage.speech.length);
      const snrDb = activeSpeech(passage.speech, rateHz).levelDb - levelDb(passage.noise);
      t.ok(Math.abs(snrDb - 5) < 0.01, `${passage.name}: ${snrDb} dB`);
      t.ok(
        microphone(passage).every(sample => Math.abs(sample) < 1),
        'nothing clips',
      );
    }
  }
});

t.test('the set that judges has nothing of the set that is tuned on', async t => {
  const voicesOf = ({ voices, babble, television }: NoiseSet) =>
    [...voices, ...babble.voices, ...television.voices].map(voice =>
      voice.by === 'person' ? voice.folder : `${voice.by} ${voice.voice}`,
    );
  const numbersOf = (set: NoiseSet) =>
    NOISE_KINDS.flatMap(kind =>
      Object.entries(set[kind])
        .filter(([, value]) => typeof value === 'number')
        .map(([name, value]) => `${kind} ${name} ${value}`),
    );
  const shared = (of: (set: NoiseSet) => string[]) => {
    const judged = new Set(of(JUDGED_SET));
    return of(TUNING_SET).filter(item => judged.has(item));
  };
  t.same(shared(voicesOf), []);
  t.same(shared(numbersOf), []);
  t.not(TUNING_SET.seed, JUDGED_SET.seed);
});

t.test('active speech is where the voice is, and as loud as it is there', async t => {
  const gapped = Float32Array.from({ length: 16_000 }, (_, i) =>
    i < 8_000 ? Math.sin((2 * Math.PI * 300 * i) / 8_000) / 10 : 0,
  );
  const { levelDb: activeDb, speaks } = activeSpeech(gapped, 8_000);
  t.ok(Math.abs(activeDb + 23) < 0.1, `${activeDb} dB`);
  t.equal(speaks.filter(Boolean).length, 100);
  t.same(
    activeSpeech(new Float32Array(800), 8_000).speaks,
    Array.from({ length: 10 }, () => false),
  );
});

t.test('a tone is the same tone at another rate', async t => {
  const tone = (rateHz: number) =>
    Float32Array.from({ length: rateHz / 5 }, (_, i) => Math.sin((2 * Math.PI * 700 * i) / rateHz));
  for (const [fromHz, toHz] of [
    [22_050, 16_000],
    [8_000, 48_000],
    [48_000, 8_000],
  ] as const) {
    const changed = resampled(tone(fromHz), fromHz, toHz);
    const inner = changed.subarray(toHz / 50, -toHz / 50);
    const error = tone(toHz)
      .subarray(toHz / 50)
      .subarray(0, inner.length)
      .map((sample, i) => sample - inner[i]!);
    t.ok(levelDb(error) < -50, `${fromHz} to ${toHz} Hz: ${levelDb(error)} dB`);
  }
});
