import { kaiserWindow } from './kaiser.ts';

/**
 * Between 8 and 16 kHz by a half-band low-pass (Vaidyanathan, "Multirate Systems and Filter Banks", §4.6.2): every
 * second coefficient but the middle one is 0, so that one of the two phases is a mere delay. A Kaiser window over 71
 * coefficients keeps 0 to 3.4 kHz within 0.001 dB and what would mirror into it, from 4.6 kHz on, 82 dB down.
 */

/** Coefficients that are not 0, but for the middle one; they lie on both sides of it, alike. */
const SIDES = 36;
const KAISER_BETA = 8.3;
/** Delay of either conversion in samples at 16 kHz, 2.19 ms. */
export const HALF_BAND_DELAY = SIDES - 1;

/** What the low phase is weighted with, newest sample first; the sum is 1. */
const WEIGHTS = kaiserHalfBand();

/** Changes the rate of a stream, piece by piece, in place. Allocates nothing after construction. */
export interface RateChange {
  /** Takes `count` samples from the start of `pcm`, leaves the converted ones there, and says how many those are. */
  convert(pcm: Float32Array, count: number): number;
  /** Forgets what came before. */
  reset(): void;
}

/** From 8 to 16 kHz. */
export class RateDoubler implements RateChange {
  /** What came last, then the piece. */
  readonly #input: Float32Array;

  /** @param mostSamples of one piece, at 8 kHz */
  constructor(mostSamples: number) {
    this.#input = new Float32Array(SIDES - 1 + mostSamples);
  }

  convert(pcm: Float32Array, count: number): number {
    const input = this.#input;
    for (let i = 0; i < count; i += 1) input[SIDES - 1 + i] = pcm[i]!;
    for (let i = 0; i < count; i += 1) {
      pcm[2 * i] = weigh(input, i + SIDES - 1, 1);
      pcm[2 * i + 1] = input[i + SIDES / 2]!;
    }
    input.copyWithin(0, count, count + SIDES - 1);
    return 2 * count;
  }

  reset(): void {
    this.#input.fill(0);
  }
}

/** From 16 to 8 kHz. */
export class RateHalver implements RateChange {
  readonly #input: Float32Array;

  /** @param mostSamples of one piece, at 16 kHz */
  constructor(mostSamples: number) {
    this.#input = new Float32Array(2 * SIDES - 2 + mostSamples);
  }

  /** `count` is even. */
  convert(pcm: Float32Array, count: number): number {
    const input = this.#input;
    const kept = 2 * SIDES - 2;
    for (let i = 0; i < count; i += 1) input[kept + i] = pcm[i]!;
    for (let i = 0; i < count; i += 2) {
      pcm[i >> 1] = (weigh(input, kept + i, 2) + input[kept + i - HALF_BAND_DELAY]!) / 2;
    }
    input.copyWithin(0, count, count + kept);
    return count >> 1;
  }

  reset(): void {
    this.#input.fill(0);
  }
}

/** The low phase's sum over the samples at `newest` and before it, `step` apart. */
function weigh(input: Float32Array, newest: number, step: number): number {
  const oldest = newest - (SIDES - 1) * step;
  let sum = 0;
  for (let k = 0; k < SIDES / 2; k += 1) {
    sum += WEIGHTS[k]! * (input[newest - k * step]! + input[oldest + k * step]!);
  }
  return sum;
}

/** One half of the low phase, which is symmetric. */
function kaiserHalfBand(): Float32Array {
  const distance = (k: number): number => SIDES - 1 - 2 * k;
  const weights = Float64Array.from({ length: SIDES / 2 }, (_, k) => {
    const angle = (Math.PI * distance(k)) / 2;
    return (Math.sin(angle) / angle) * kaiserWindow(distance(k) / SIDES, KAISER_BETA);
  });
  const sum = 2 * weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, weight => weight / sum);
}
