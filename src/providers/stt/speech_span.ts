import { FILTERS, type PowerFrames } from './mel_spectrum.ts';

/** Loudness of a frame counts as speech above this share of the utterance's range, and within 9 nepers of its top. */
const RANGE_SHARE = 0.35;
const TOP_RANGE = 9;
/** A spread smaller than this between quiet and loud frames holds no speech (0.9 nepers of power are about 4 dB). */
const LEAST_RANGE = 0.9;

/** Which frames of an utterance are speech. */
export interface SpeechSpan {
  readonly isSpeech: readonly boolean[];
  readonly count: number;
  /** First and last frame with speech; −1 without any. */
  readonly first: number;
  readonly last: number;
}

/** Tells speech from pauses by the utterance's own range of loudness (mean log power of the first `filters` bands). */
export function findSpeech(power: PowerFrames, filters = FILTERS): SpeechSpan {
  const loudness = power.loudness(filters);
  const sorted = Float64Array.from(loudness).toSorted();
  const low = sorted[Math.floor(sorted.length * 0.05)] ?? 0;
  const high = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  if (high - low < LEAST_RANGE) return { isSpeech: loudness.map(() => false), count: 0, first: -1, last: -1 };
  const threshold = Math.max(low + (high - low) * RANGE_SHARE, high - TOP_RANGE);
  const isSpeech = loudness.map(value => value >= threshold);
  const count = isSpeech.reduce((sum, is) => sum + Number(is), 0);
  return { isSpeech, count, first: isSpeech.indexOf(true), last: isSpeech.lastIndexOf(true) };
}
