import { HALF_BAND_DELAY, RateHalver } from '../../pipeline/half_band.ts';
import type { SeededRandom } from '../caller/random.ts';
import { EVENT_RATE_HZ } from './event.ts';

export const EVENT_SAMPLE_MS = 1000 / EVENT_RATE_HZ;

/** Sound as it is made here: mono, 16 kHz, full scale ±1. */
export type Sound = Float32Array<ArrayBuffer>;

/** Zero crossings of the interpolating sinc on each side. */
const SINC_CROSSINGS = 16;
/** A frame counts as active that is at most so much below the loudest. */
const ACTIVE_RANGE_DB = 30;
const HOP_MS = 5;
const LEVEL_FRAME = EVENT_RATE_HZ / 100;
/** A sound begins and ends where it comes within so much of its peak. */
const EDGE_DB = 34;

export function samplesIn(lengthMs: number): number {
  return Math.round((lengthMs * EVENT_RATE_HZ) / 1000);
}

function gainOf(levelDb: number): number {
  return 10 ** (levelDb / 20);
}

export function silence(lengthMs: number): Sound {
  return new Float32Array(samplesIn(lengthMs));
}

/** White, Gaussian by twelve uniform draws less their mean; of power 1. */
export function whiteNoise(lengthMs: number, random: SeededRandom): Sound {
  return Float32Array.from({ length: samplesIn(lengthMs) }, () => gaussian(random));
}

function gaussian(random: SeededRandom): number {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += random.next();
  return sum;
}

/** Two poles at a frequency (a formant, or the resonance of a body), its peak gain about 1; in place. */
export function resonate(sound: Sound, frequencyHz: number, bandwidthHz: number): Sound {
  const radius = Math.exp((-Math.PI * bandwidthHz) / EVENT_RATE_HZ);
  const angle = (2 * Math.PI * frequencyHz) / EVENT_RATE_HZ;
  const a1 = 2 * radius * Math.cos(angle);
  const a2 = -radius * radius;
  const gain = (1 - radius) * Math.sqrt(1 - 2 * radius * Math.cos(2 * angle) + radius * radius);
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < sound.length; i += 1) {
    const y = gain * sound[i]! + a1 * y1 + a2 * y2;
    y2 = y1;
    y1 = y;
    sound[i] = y;
  }
  return sound;
}

/** First order, 6 dB an octave below the corner; in place. */
export function highPass(sound: Sound, cornerHz: number): Sound {
  const keep = Math.exp((-2 * Math.PI * cornerHz) / EVENT_RATE_HZ);
  let low = 0;
  for (let i = 0; i < sound.length; i += 1) {
    low = sound[i]! * (1 - keep) + low * keep;
    sound[i] = sound[i]! - low;
  }
  return sound;
}

/** First order, 6 dB an octave above the corner; in place. */
export function lowPass(sound: Sound, cornerHz: number): Sound {
  const keep = Math.exp((-2 * Math.PI * cornerHz) / EVENT_RATE_HZ);
  let low = 0;
  for (let i = 0; i < sound.length; i += 1) {
    low = sound[i]! * (1 - keep) + low * keep;
    sound[i] = low;
  }
  return sound;
}

/** Adds one sound to another from a time on, as far as there is room; in place. */
export function addAt(into: Sound, sound: Sound, atMs: number, gain = 1): Sound {
  const at = samplesIn(atMs);
  const count = Math.min(sound.length, into.length - at);
  for (let i = 0; i < count; i += 1) into[at + i]! += gain * sound[i]!;
  return into;
}

/** Weighs each sample by the time since the beginning; in place. */
export function shaped(sound: Sound, weightAt: (ms: number) => number): Sound {
  for (let i = 0; i < sound.length; i += 1) sound[i]! *= weightAt((i * 1000) / EVENT_RATE_HZ);
  return sound;
}

/** RMS of the frames of 10 ms that are not pauses (after ITU-T P.56), in dB of full scale. */
export function activeLevelDb(sound: Sound): number {
  const powers: number[] = [];
  for (let at = 0; at + LEVEL_FRAME <= sound.length; at += LEVEL_FRAME) {
    const frame = sound.subarray(at, at + LEVEL_FRAME);
    powers.push(frame.reduce((sum, sample) => sum + sample * sample, 0) / LEVEL_FRAME);
  }
  const least = Math.max(0, ...powers) * 10 ** (-ACTIVE_RANGE_DB / 10);
  const active = powers.filter(power => power > least);
  const mean = active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length);
  return 10 * Math.log10(mean + 1e-12);
}

/** At an active level, but never beyond full scale; in place. */
export function atLevel(sound: Sound, levelDb: number): Sound {
  const peak = peakOf(sound);
  const gain = Math.min(gainOf(levelDb - activeLevelDb(sound)), 0.98 / Math.max(peak, 1e-9));
  for (let i = 0; i < sound.length; i += 1) sound[i]! *= gain;
  return sound;
}

function peakOf(sound: Sound): number {
  let peak = 0;
  for (const sample of sound) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

/** Without what lies before the first sound and after the last. */
export function trimmed(sound: Sound): Sound {
  const least = peakOf(sound) * gainOf(-EDGE_DB);
  let from = 0;
  while (from < sound.length && Math.abs(sound[from]!) < least) from += 1;
  let to = sound.length;
  while (to > from && Math.abs(sound[to - 1]!) < least) to -= 1;
  return sound.slice(from, to);
}

/** From the first to the last 5 ms that reach a level and are no single ones; undefined: none do. */
export function spanAbove(sound: Sound, levelDb: number): { fromMs: number; toMs: number } | undefined {
  const hop = samplesIn(HOP_MS);
  const isLoud = Array.from({ length: Math.floor(sound.length / hop) }, (_, index) => {
    const power = sound
      .subarray(index * hop, (index + 1) * hop)
      .reduce((sum, sample) => sum + sample * sample, 0);
    return 10 * Math.log10(power / hop + 1e-12) >= levelDb;
  });
  const lasts = isLoud.map((loud, index) => loud && isLoud[index + 1] === true);
  const first = lasts.indexOf(true);
  return first < 0 ? undefined : { fromMs: first * HOP_MS, toMs: (isLoud.lastIndexOf(true) + 1) * HOP_MS };
}

/** At 16 kHz, by a windowed sinc below the lower of both Nyquist rates. */
export function resampled(pcm: Float32Array, fromHz: number): Sound {
  if (fromHz === EVENT_RATE_HZ) return Float32Array.from(pcm);
  const ratio = fromHz / EVENT_RATE_HZ;
  const phases = EVENT_RATE_HZ / greatestDivisor(fromHz, EVENT_RATE_HZ);
  const weights = Array.from({ length: phases }, (_, phase) => weightsAt((phase * ratio) % 1, ratio));
  const before = (weights[0]!.length >> 1) - 1;
  return Float32Array.from({ length: Math.floor(pcm.length / ratio) }, (_, i) => {
    const first = Math.floor(i * ratio + 1e-9) - before;
    return weights[i % phases]!.reduce((sum, weight, tap) => sum + weight * (pcm[first + tap] ?? 0), 0);
  });
}

/** Weights of the samples around a place between two of them. */
function weightsAt(fraction: number, ratio: number): Float64Array {
  const cutoff = Math.min(1, 1 / ratio) * 0.95;
  const reach = Math.ceil(SINC_CROSSINGS / cutoff);
  return Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap - (reach - 1) - fraction;
    return cutoff * sinc(cutoff * distance) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function sinc(x: number): number {
  return Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

export function toPcm(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
}

export function fromPcm(pcm: Int16Array): Sound {
  return Float32Array.from(pcm, sample => sample / 32_768);
}

/** What was made at 16 kHz, at a codec's rate; begins where it began. */
export function atRate(pcm: Int16Array, rateHz: 8000 | 16_000): Int16Array {
  if (rateHz === EVENT_RATE_HZ) return pcm;
  // An even number of samples is converted, and an even number of them is the converter's delay.
  const delay = HALF_BAND_DELAY + (HALF_BAND_DELAY & 1);
  const work = new Float32Array((pcm.length + delay + 1) & ~1);
  work.set(pcm, delay - HALF_BAND_DELAY);
  const count = new RateHalver(work.length).convert(work, work.length);
  const halved = work.subarray(delay / 2, count);
  return Int16Array.from(halved, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}
