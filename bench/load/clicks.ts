/** Times in milliseconds. */
const HOP_MS = 1;
/** How much of the sound before and after a click is looked at. */
const AROUND_HOPS = 8;
/** The hops next to a click hold some of it. */
const BESIDE_HOPS = 1;
/** So much above what is around it, and not softer than this by itself. */
const CLICK_RATIO = 10 ** (15 / 10);
const LEAST_POWER = (32768 * 10 ** (-50 / 20)) ** 2;

/**
 * Where a recording jumps: a single millisecond whose curvature stands 15 dB above both the 8 ms before and after it.
 * Made for tones and other steady sounds, where nothing of the kind belongs; bursts and beginnings of speech last
 * longer than that and are not counted.
 */
export function findClicks(pcm: Int16Array, rateHz: number): number[] {
  const powers = curvaturePowers(pcm, (rateHz * HOP_MS) / 1000);
  const clicksMs: number[] = [];
  for (let hop = AROUND_HOPS; hop < powers.length - AROUND_HOPS; hop += 1) {
    const power = powers[hop]!;
    const isPeak = power >= powers[hop - 1]! && power > powers[hop + 1]!;
    if (!isPeak || power < LEAST_POWER) continue;
    const before = meanOf(powers, hop - AROUND_HOPS, hop - BESIDE_HOPS);
    const after = meanOf(powers, hop + BESIDE_HOPS + 1, hop + AROUND_HOPS + 1);
    if (power > CLICK_RATIO * Math.max(before, after)) clicksMs.push(hop * HOP_MS);
  }
  return clicksMs;
}

/** Greatest squares of the second difference, hop by hop: jumps and kinks stand out of any tone below 1 kHz. */
function curvaturePowers(pcm: Int16Array, hop: number): Float64Array {
  const powers = new Float64Array(Math.floor(pcm.length / hop));
  for (let i = 2; i < powers.length * hop; i += 1) {
    const curvature = pcm[i]! - 2 * pcm[i - 1]! + pcm[i - 2]!;
    const at = Math.floor(i / hop);
    powers[at] = Math.max(powers[at]!, curvature * curvature);
  }
  return powers;
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += values[i]!;
  return sum / (to - from);
}
