import type { SeededRandom } from '../caller/random.ts';

/** Sounds to send, made from numbers: 16-bit PCM, levels in dB relative to full scale as root mean square. */

const FULL_SCALE = 32767;
/** A square wave at full scale has 0 dBFS; a sine's root mean square lies 3 dB below its peak. */
const SINE_PEAK = Math.SQRT2;

export function silence(lengthMs: number, rateHz: number): Int16Array {
  return new Int16Array(samplesIn(lengthMs, rateHz));
}

export function tone(lengthMs: number, rateHz: number, frequencyHz: number, levelDbfs: number): Int16Array {
  const peak = FULL_SCALE * gainOf(levelDbfs) * SINE_PEAK;
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  return Int16Array.from({ length: samplesIn(lengthMs, rateHz) }, (_, i) => clip(peak * Math.sin(step * i)));
}

/** White noise, uniformly distributed. */
export function noise(lengthMs: number, rateHz: number, levelDbfs: number, random: SeededRandom): Int16Array {
  const peak = FULL_SCALE * gainOf(levelDbfs) * Math.sqrt(3);
  return Int16Array.from({ length: samplesIn(lengthMs, rateHz) }, () => clip(peak * (2 * random.next() - 1)));
}

/** Of one syllable of made-up speech. */
const SYLLABLE_MS = { least: 110, most: 260 } as const;
const PITCH_HZ = { least: 90, most: 220 } as const;
const VOWELS_HZ = [
  [700, 1100],
  [300, 2200],
  [500, 1700],
  [400, 800],
] as const;
const HIGHEST_HARMONIC_HZ = 3400;
const FORMANT_WIDTH_HZ = 160;

/**
 * Sound with the rhythm, pitch and spectrum of speech and no words: syllables of harmonics under two formants, in a
 * voice drawn from the seed. Voice detectors take it for speech; recognisers do not.
 */
export function babble(
  lengthMs: number,
  rateHz: number,
  levelDbfs: number,
  random: SeededRandom,
): Int16Array {
  const samples = new Float64Array(samplesIn(lengthMs, rateHz));
  const pitchHz = random.integer(PITCH_HZ.least, PITCH_HZ.most);
  let at = 0;
  while (at < samples.length) {
    const syllableMs = random.integer(SYLLABLE_MS.least, SYLLABLE_MS.most);
    const syllable = samples.subarray(at, at + samplesIn(syllableMs, rateHz));
    addVowel(syllable, rateHz, pitchHz * (0.9 + 0.2 * random.next()), random.pick(VOWELS_HZ));
    at += syllable.length;
  }
  return atLevel(samples, levelDbfs);
}

function addVowel(
  samples: Float64Array,
  rateHz: number,
  pitchHz: number,
  formantsHz: readonly [number, number],
): void {
  for (let harmonicHz = pitchHz; harmonicHz < HIGHEST_HARMONIC_HZ; harmonicHz += pitchHz) {
    const nearest = Math.min(...formantsHz.map(formantHz => Math.abs(formantHz - harmonicHz)));
    const amplitude = 1 / (1 + (nearest / FORMANT_WIDTH_HZ) ** 2);
    const step = (2 * Math.PI * harmonicHz) / rateHz;
    for (let i = 0; i < samples.length; i += 1) {
      const envelope = Math.sin((Math.PI * i) / samples.length);
      samples[i]! += amplitude * envelope * Math.sin(step * i);
    }
  }
}

function atLevel(samples: Float64Array, levelDbfs: number): Int16Array {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const gain = power === 0 ? 0 : (FULL_SCALE * gainOf(levelDbfs)) / Math.sqrt(power);
  return Int16Array.from(samples, sample => clip(sample * gain));
}

/** Both at once, as long as the first; the second goes round. */
export function mixed(first: Int16Array, second: Int16Array): Int16Array {
  return Int16Array.from(first, (sample, i) => clip(sample + (second[i % second.length] ?? 0)));
}

function samplesIn(lengthMs: number, rateHz: number): number {
  return Math.round((lengthMs * rateHz) / 1000);
}

function gainOf(levelDb: number): number {
  return 10 ** (levelDb / 20);
}

function clip(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample)));
}
