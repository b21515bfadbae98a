import { createRandom } from './random.ts';

/**
 * The sounds behind the pictures of the documentation, the same in every run: an agent speaks, its echo comes back, the
 * caller speaks alone and then at the same time, over hum, hiss and an offset. Voices are pulses and noise behind
 * resonances, as simple synthesisers make them (Klatt, 1980).
 */
export const SCENE_RATE_HZ = 8000;
export const SCENE_MS = 8000;

/** First three resonances of vowels, in Hz. */
const VOWELS: readonly (readonly [number, number, number])[] = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [530, 1840, 2480],
  [570, 840, 2410],
  [300, 870, 2240],
];
const BANDWIDTH_HZ = [60, 90, 120];
const SYLLABLE_MS = 210;
const FRICATIVE_MS = 60;

export interface Scene {
  readonly near: Float32Array;
  readonly far: Float32Array;
}

export function goldenScene(): Scene {
  const far = new Float32Array((SCENE_MS * SCENE_RATE_HZ) / 1000);
  speak(far, 300, 2500, 105, -22, 11);
  speak(far, 5100, 7000, 105, -22, 12);
  const near = new Float32Array(far.length);
  speak(near, 2800, 4300, 190, -27, 21);
  speak(near, 5800, 6900, 190, -27, 22);
  addEcho(near, far);
  addLine(near);
  return { near, far };
}

/** What the agent says in the downlink's scene: a stretch, a pause, and another that is too loud. */
export function goldenSpeech(): readonly { readonly fromMs: number; readonly samples: Float32Array }[] {
  return [
    { fromMs: 500, durationMs: 3600, levelDb: -22, seed: 41 },
    { fromMs: 4700, durationMs: 2600, levelDb: -9, seed: 42 },
  ].map(({ fromMs, durationMs, levelDb, seed }) => {
    const samples = new Float32Array(sampleAt(durationMs));
    speak(samples, 0, durationMs, 110, levelDb, seed);
    return { fromMs, samples };
  });
}

/** A voice from one time to another, at an active level. */
function speak(
  into: Float32Array,
  fromMs: number,
  untilMs: number,
  pitchHz: number,
  levelDb: number,
  seed: number,
): void {
  const random = createRandom(seed);
  const samples = sampleAt(untilMs - fromMs);
  const voice = new Float32Array(samples);
  const syllable = sampleAt(SYLLABLE_MS);
  for (let at = 0; at + syllable <= samples; at += syllable) {
    const vowel = VOWELS[Math.floor(random() * VOWELS.length)]!;
    const part = voice.subarray(at, at + syllable);
    part.set(excitation(part.length, pitchHz * (0.9 + 0.3 * random()), random));
    vowel.forEach((hz, i) => void resonate(part, hz, BANDWIDTH_HZ[i]!));
    shape(part);
    if (random() < 0.5) hiss(part.subarray(0, sampleAt(FRICATIVE_MS)), random);
  }
  const rms = Math.sqrt(voice.reduce((sum, sample) => sum + sample * sample, 0) / samples);
  const gain = 10 ** (levelDb / 20) / rms;
  for (const [i, sample] of voice.entries()) into[sampleAt(fromMs) + i] = sample * gain;
}

/** Pulses whose pitch falls, with a breath of noise. */
function excitation(samples: number, pitchHz: number, random: () => number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: samples }, (_, i) => {
    phase += (pitchHz * (1.05 - (0.2 * i) / samples)) / SCENE_RATE_HZ;
    const isPulse = phase >= 1;
    phase %= 1;
    return (isPulse ? 1 : 0) + 0.01 * (random() - 0.5);
  });
}

/** A resonance in place: y[n] = (1 − a − b)·x[n] + a·y[n−1] + b·y[n−2]. */
function resonate(samples: Float32Array, hz: number, bandwidthHz: number): void {
  const radius = Math.exp((-Math.PI * bandwidthHz) / SCENE_RATE_HZ);
  const a = 2 * radius * Math.cos((2 * Math.PI * hz) / SCENE_RATE_HZ);
  const b = -radius * radius;
  let [last, before] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    const next = (1 - a - b) * sample + a * last + b * before;
    before = last;
    last = next;
    samples[i] = next;
  }
}

/** Rises and falls, as a syllable does. */
function shape(samples: Float32Array): void {
  for (const [i, sample] of samples.entries()) {
    samples[i] = sample * Math.sin((Math.PI * (i + 0.5)) / samples.length) ** 0.7;
  }
}

/** A fricative in front of the vowel. */
function hiss(samples: Float32Array, random: () => number): void {
  let last = 0;
  for (const i of samples.keys()) {
    const noise = random() - 0.5;
    samples[i] = 0.15 * (noise - last) * Math.sin((Math.PI * (i + 0.5)) / samples.length);
    last = noise;
  }
}

/** What a hybrid sends back: 26 dB less, 38 ms later, and a second way 7 ms behind. */
function addEcho(near: Float32Array, far: Float32Array): void {
  const [first, second] = [sampleAt(38), sampleAt(45)];
  for (const i of near.keys())
    near[i] = near[i]! + 0.2 * (far[i - first] ?? 0) + 0.08 * (far[i - second] ?? 0);
}

/** Hum, hiss, an offset, and a sample that is no number. */
function addLine(near: Float32Array): void {
  const random = createRandom(31);
  for (const i of near.keys()) {
    const hum = 0.006 * Math.sin((2 * Math.PI * 50 * i) / SCENE_RATE_HZ);
    near[i] = near[i]! + 0.02 + hum + 0.004 * (random() + random() - 1);
  }
  near[sampleAt(7400)] = Number.NaN;
  near[sampleAt(7500)] = 4;
}

function sampleAt(ms: number): number {
  return Math.round((ms * SCENE_RATE_HZ) / 1000);
}
