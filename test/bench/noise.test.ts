import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { activeSpeech } from '../../bench/noise/active_speech.ts';
import { type Figures, figuresOf, type Judged } from '../../bench/noise/figures.ts';
import { gainsOf, type Parts, partsAfter } from '../../bench/noise/measures.ts';
import { createPassage, microphone } from '../../bench/noise/passages.ts';
import { readPassages } from '../../bench/noise/set_folder.ts';
import { JUDGED_SET, NOISE_KINDS, type NoiseSet, TUNING_SET } from '../../bench/noise/sets.ts';
import { levelDb, resampled } from '../../bench/noise/signal.ts';
import { speexSuppressor } from '../../bench/noise/speex.ts';
import { describe } from '../../bench/noise/summary.ts';
import { frameByFrame } from '../../bench/noise/suppressor.ts';
import { takePosture } from '../../bench/posture.ts';
import { formatWav } from '../../bench/wire/wav.ts';
import { NO_FLITE, noise, tone } from '../pipeline/sounds.ts';

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
  const at = (rateHz: number) =>
    Float32Array.from({ length: rateHz / 5 }, (_, i) => Math.sin((2 * Math.PI * 700 * i) / rateHz));
  for (const [fromHz, toHz] of [
    [22_050, 16_000],
    [8_000, 48_000],
    [48_000, 8_000],
  ] as const) {
    const changed = resampled(at(fromHz), fromHz, toHz);
    const inner = changed.subarray(toHz / 50, -toHz / 50);
    const error = at(toHz)
      .subarray(toHz / 50)
      .subarray(0, inner.length)
      .map((sample, i) => sample - inner[i]!);
    t.ok(levelDb(error) < -50, `${fromHz} to ${toHz} Hz: ${levelDb(error)} dB`);
  }
});

/** A tone that speaks in the middle of each second, in steady noise. */
const PARTS: Parts = {
  speech: tone([440], 4000, 8000, 0.1).map((sample, i) => (i % 8000 > 2000 && i % 8000 < 6000 ? sample : 0)),
  noise: noise(4000, 8000, 0.02),
};

function throughBoth(suppress: (signal: Float32Array) => Float32Array): ReturnType<typeof gainsOf> {
  const sum = PARTS.speech.map((sample, i) => sample + PARTS.noise[i]!);
  const difference = PARTS.speech.map((sample, i) => sample - PARTS.noise[i]!);
  return gainsOf(PARTS, partsAfter(suppress(sum), suppress(difference)), 8000, 0);
}

t.test('who does nothing gains nothing, and loses nothing', async t => {
  for (const gain of Object.values(throughBoth(signal => signal))) t.ok(Math.abs(gain) < 0.01, `${gain} dB`);
});

t.test('who is merely less loud gains nothing', async t => {
  const { snrGainDb, siSdrGainDb, speechLossDb } = throughBoth(signal => signal.map(sample => sample / 2));
  t.ok(Math.abs(snrGainDb) < 0.01 && Math.abs(siSdrGainDb) < 0.01);
  t.ok(Math.abs(speechLossDb - 6.02) < 0.01);
});

t.test('who mutes all loses', async t => {
  const gains = throughBoth(signal => signal.map(() => 0));
  t.ok(gains.snrGainDb < -100 && gains.speakingSnrGainDb < -100 && gains.siSdrGainDb < -100);
  t.ok(gains.speechLossDb > 50);
});

t.test('who mutes pauses gains there, and not while somebody speaks', async t => {
  const gains = throughBoth(signal =>
    signal.map((sample, i) => (i % 8000 > 2000 && i % 8000 < 6000 ? sample : 0)),
  );
  t.ok(gains.pauseFallDb > 20, `${gains.pauseFallDb} dB`);
  t.ok(Math.abs(gains.speakingSnrGainDb) < 0.1, `${gains.speakingSnrGainDb} dB`);
  t.ok(gains.snrGainDb > 2.9 && gains.snrGainDb < 3.2, 'half of the noise is gone');
});

t.test('who takes 6 dB of the noise away gains 6 dB', async t => {
  const gains = gainsOf(PARTS, { ...PARTS, noise: PARTS.noise.map(sample => sample / 2) }, 8000, 0);
  for (const name of ['snrGainDb', 'speakingSnrGainDb', 'siSdrGainDb', 'pauseFallDb'] as const) {
    t.ok(Math.abs(gains[name] - 6.02) < 0.05, `${name}: ${gains[name]}`);
  }
});

t.test('a delay is taken out, and the end is not lost', async t => {
  const signal = noise(95, 8000, 0.1);
  const held: Float32Array[] = [new Float32Array(80)];
  const { heard, microsPerFrame } = frameByFrame(signal, 8000, 10, frame => {
    held.push(frame.slice());
    frame.set(held.shift()!);
  });
  t.same(heard, signal);
  t.ok(microsPerFrame >= 0);
});

const speex = await Promise.resolve()
  .then(speexSuppressor)
  .catch(() => undefined);

t.test(
  'Speex suppresses, in step with what it hears',
  { skip: speex === undefined && 'no libspeexdsp1' },
  async t => {
    for (const rateHz of [8000, 16_000] as const) {
      const voice = tone([300, 450, 600], 2000, rateHz, 0.3).map((sample, i) =>
        Math.floor((i * 4) / rateHz) % 2 === 0 ? sample : 0,
      );
      const { heard } = speex!.suppress(voice, rateHz);
      const rest = heard.map((sample, i) => sample - voice[i]!);
      t.ok(levelDb(rest) < levelDb(voice) - 10, `${rateHz} Hz: ${levelDb(rest) - levelDb(voice)} dB`);
      const hiss = noise(3000, rateHz, 0.02);
      const left = speex!.suppress(hiss, rateHz).heard.subarray(2 * rateHz);
      t.ok(levelDb(left) < levelDb(hiss) - 8);
    }
  },
);

t.test('figures are means by rate, suppressor and noise, and are told as a table', async t => {
  const judged = [1, 2, 6].map(
    (value, index): Judged => ({
      passage: {
        name: 'one',
        noiseKind: index < 2 ? 'car' : 'hiss',
        snrDb: 5,
        rateHz: 8000,
        speech: new Float32Array(1),
        noise: new Float32Array(1),
      },
      suppressor: 'light',
      gains: { snrGainDb: value, speakingSnrGainDb: 0, siSdrGainDb: 0, speechLossDb: 0, pauseFallDb: 0 },
      microsPerFrame: value,
      trial: { rateHz: 8000, reference: 'a', heard: 'b' },
      pesq: 2 + value,
      untreatedPesq: 2,
      stoi: 0.5,
      untreatedStoi: 0.6,
    }),
  );
  const figures: Figures = figuresOf(judged);
  t.match(figures.overall['8000']!.light, {
    passages: 3,
    snrGainDb: 3,
    pesqGain: 3,
    stoiGain: -0.1,
    usPerFrame: 2,
  });
  t.match(figures.byNoise['8000']!.light!.car, { passages: 2, snrGainDb: 1.5, pesq: 3.5 });
  t.same(Object.keys(figures.byNoiseAndSnr['8000']!.light!), ['car, 5 dB', 'hiss, 5 dB']);
  t.match(describe(figures, takePosture()), /\| light \| \+3 \|/);
});

function writeWavs(folder: string, files: Readonly<Record<string, Float32Array>>, rateHz = 8000): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, signal] of Object.entries(files)) {
    const pcm = Int16Array.from(signal, sample => Math.round(sample * 32_767));
    writeFileSync(join(folder, name), formatWav({ rateHz, channels: [pcm] }));
  }
  return folder;
}

t.test(
  'a set is read from a folder: noises are mixed in, what a microphone heard is taken as it is',
  async t => {
    const folder = t.testdir();
    const { speech: clean } = PARTS;
    writeWavs(join(folder, 'mixed'), { 'clean.wav': clean, 'noise.wav': noise(2500, 8000, 0.3) });
    const noisy = clean.map((sample, i) => sample + PARTS.noise[i]!);
    writeWavs(join(folder, 'taken'), { 'clean.wav': clean, 'noisy.wav': noisy });
    const passages = readPassages(folder, [0, 10], [8000, 16_000]);
    t.same(
      passages.map(({ noiseKind, rateHz }) => `${noiseKind} ${rateHz}`),
      ['mixed 8000', 'mixed 8000', 'taken 8000', 'mixed 16000', 'mixed 16000', 'taken 16000'],
    );
    for (const { name, speech, noise: heard, snrDb, rateHz } of passages) {
      const heardDb = activeSpeech(speech, rateHz).levelDb - levelDb(heard);
      t.ok(Math.abs(heardDb - snrDb) < 0.6, `${name}: ${heardDb} dB`);
      t.equal(heard.length, speech.length);
    }
    t.same(
      passages.slice(0, 2).map(({ snrDb }) => snrDb),
      [0, 10],
    );
  },
);

t.test('what is wrong with a set is said', async t => {
  const folder = t.testdir();
  const { speech: clean } = PARTS;
  const whole = { 'clean.wav': clean, 'noise.wav': PARTS.noise };
  const refused = (
    name: string,
    files: Readonly<Record<string, Float32Array>>,
    because: RegExp,
    rateHz = 8000,
  ) => {
    const bad = writeWavs(join(folder, name), files, rateHz);
    t.throws(() => readPassages(bad, [5], [8000]), because, name);
  };
  t.throws(() => readPassages(join(folder, 'nowhere'), [5], [8000]), /no folder/);
  refused('empty', {}, /no clean\.wav/);
  refused('alone', { 'clean.wav': clean }, /noise\.wav or noisy\.wav/);
  refused('both', { ...whole, 'noisy.wav': clean }, /noise\.wav or noisy\.wav/);
  refused('silent', { ...whole, 'clean.wav': new Float32Array(32_000) }, /is silent/);
  refused('short', { ...whole, 'noise.wav': PARTS.noise.subarray(0, 800) }, /lasts 0\.1 s/);
  refused('unequal', { 'clean.wav': clean, 'noisy.wav': clean.subarray(8000) }, /as long as/);
  refused('same', { 'clean.wav': clean, 'noisy.wav': clean }, /the same as clean/);
  refused('slow', whole, /4000 Hz/, 4000);
  const cut = writeWavs(join(folder, 'cut'), whole);
  writeFileSync(
    join(cut, 'noise.wav'),
    formatWav({ rateHz: 8000, channels: [new Int16Array(32_000)] }).subarray(0, 999),
  );
  t.throws(() => readPassages(cut, [5], [8000]), /noise\.wav: .*cut off/);
  writeFileSync(join(cut, 'noise.wav'), 'RIFF of nothing');
  t.throws(() => readPassages(cut, [5], [8000]), /noise\.wav: no RIFF/);
  const stereo = formatWav({
    rateHz: 8000,
    channels: [new Int16Array(32_000).fill(99), new Int16Array(32_000)],
  });
  writeFileSync(join(cut, 'noise.wav'), stereo);
  t.throws(() => readPassages(cut, [5], [8000]), /2 channels/);
});
