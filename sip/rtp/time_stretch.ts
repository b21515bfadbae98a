/**
 * Shortens and lengthens audio by one stretch that repeats, cross-faded over its whole length, so that pitch and
 * phase stay: overlap-add by waveform similarity (Verhelst and Roelands, ICASSP 1993), one cut at a time.
 */

const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** Two neighbours this alike (normalised correlation) may be folded into one without being heard. */
const ALIKE = 0.8;
/** Looked for at this rate first and then around the best place at the full one: a fifth of the work, and as good. */
const COARSE_HZ = 4_000;
/** Below this power, −50 dBFS, anything may. */
const QUIET_POWER = 1e-5;

/** Samples and how many of them, from the start of `pcm`; changed in place. */
export interface StretchBuffer {
  readonly pcm: Float32Array;
  count: number;
}

/**
 * Takes out one stretch of at most `most` samples and says how many samples that were; 0 when there is too little audio or, unless forced, no
 * place where it would not be heard.
 */
export function shorten(buffer: StretchBuffer, rateHz: number, most: number, isForced: boolean): number {
  const { pcm, count } = buffer;
  const lag = findLag(pcm, Math.min(most, count >> 1), rateHz, isForced);
  if (lag === 0) return 0;
  for (let i = 0; i < lag; i += 1) {
    const share = (i + 0.5) / lag;
    pcm[i] = pcm[i]! * (1 - share) + pcm[lag + i]! * share;
  }
  pcm.copyWithin(lag, 2 * lag, count);
  buffer.count -= lag;
  return lag;
}

/** Repeats one stretch of at most `most` samples and says how many samples were won; 0 as in `shorten`, or when the buffer is full. */
export function lengthen(buffer: StretchBuffer, rateHz: number, most: number, isForced: boolean): number {
  const { pcm, count } = buffer;
  const lag = findLag(pcm, Math.min(most, count >> 1, pcm.length - count), rateHz, isForced);
  if (lag === 0) return 0;
  pcm.copyWithin(2 * lag, lag, count);
  for (let i = 0; i < lag; i += 1) {
    const share = (i + 0.5) / lag;
    pcm[lag + i] = pcm[2 * lag + i]! * (1 - share) + pcm[i]! * share;
  }
  buffer.count += lag;
  return lag;
}

/** The length at which the first stretch most resembles the next, up to `most`; 0 when none does well enough. */
function findLag(pcm: Float32Array, most: number, rateHz: number, isForced: boolean): number {
  const shortest = (SHORTEST_MS * rateHz) / 1000;
  const longest = Math.min(most, (LONGEST_MS * rateHz) / 1000);
  if (longest < shortest) return 0;
  const step = rateHz / COARSE_HZ;
  const near = findMostAlike(pcm, shortest, longest, step);
  const best = findMostAlike(pcm, Math.max(shortest, near - step + 1), Math.min(longest, near + step - 1), 1);
  return isForced || compare(pcm, best, 1) > ALIKE ? best : 0;
}

/** The best of every so-many-th length from `shortest` to `longest`, judged by every so-many-th sample. */
function findMostAlike(pcm: Float32Array, shortest: number, longest: number, step: number): number {
  let best = shortest;
  let bestLikeness = Number.NEGATIVE_INFINITY;
  for (let lag = shortest; lag <= longest; lag += step) {
    const likeness = compare(pcm, lag, step);
    if (likeness <= bestLikeness) continue;
    bestLikeness = likeness;
    best = lag;
  }
  return best;
}

/**
 * How alike the first `lag` samples and the next are, by every `step`-th: normalised correlation, or 1 where both are
 * hardly heard.
 */
function compare(pcm: Float32Array, lag: number, step: number): number {
  let product = 0;
  let power = 0;
  let nextPower = 0;
  for (let i = 0; i < lag; i += step) {
    const sample = pcm[i]!;
    const next = pcm[lag + i]!;
    product += sample * next;
    power += sample * sample;
    nextPower += next * next;
  }
  if ((power + nextPower) * step < 2 * QUIET_POWER * lag) return 1;
  return product / Math.sqrt(power * nextPower + 1e-12);
}
