import { kaiserWindow } from './kaiser.ts';

/** How far the filter reaches to either side, in samples of the lower rate. */
const REACH = 36;
const KAISER_BETA = 8.3;
/** Middle of the way from what passes to what does not, as a share of the lower rate. */
const CUTOFF = 0.4625;
/** Steps between two samples; more have no place in a table. */
const MOST_PHASES = 1000;

/**
 * Whole sounds or streams, off the audio path, from any rate to any other, without delay: a low-pass of as many phases
 * as the output has places between two samples of the input (Crochiere and Rabiner, "Multirate Digital Signal
 * Processing", §3.3). Up to 0.42 of the lower rate passes within 0.01 dB; from 0.5 on it is 80 dB down and more, and so
 * is all that would mirror into what passes.
 */
export class Resampler {
  readonly #inputStep: number;
  readonly #phases: number;
  /** Samples of input on either side of an output. */
  readonly #reach: number;
  /** A row a phase. */
  readonly #weights: Float32Array;
  /** From `#reach` samples before the next output on. */
  #input: Float32Array;
  #phase = 0;
  #taken = 0;
  #given = 0;

  /** @throws RangeError for what are no rates, and for those with next to nothing in common, as 44,100 and 7,919 Hz */
  constructor(fromHz: number, toHz: number) {
    const areRates = [fromHz, toHz].every(rateHz => Number.isInteger(rateHz) && rateHz > 0);
    const shared = areRates ? greatestDivisor(fromHz, toHz) : Number.NaN;
    this.#inputStep = fromHz / shared;
    this.#phases = toHz / shared;
    if (!(this.#phases <= MOST_PHASES)) throw new RangeError(`no way from ${fromHz} to ${toHz} Hz`);
    const lowerHz = Math.min(fromHz, toHz);
    this.#reach = Math.ceil((REACH * fromHz) / lowerHz);
    this.#weights = lowPass(this.#phases, this.#reach, (CUTOFF * lowerHz) / fromHz);
    this.#input = new Float32Array(this.#reach - 1);
  }

  /** Takes a piece of any length and gives what is ready, which may be nothing. */
  push(piece: Float32Array): Float32Array {
    this.#taken += piece.length;
    return this.#convert(piece, Number.POSITIVE_INFINITY);
  }

  /** The rest: all in all as many samples as last as long as what was pushed. Nothing is pushed afterwards. */
  end(): Float32Array {
    const due = Math.ceil((this.#taken * this.#phases) / this.#inputStep);
    return this.#convert(new Float32Array(this.#reach), due - this.#given);
  }

  #convert(piece: Float32Array, most: number): Float32Array {
    const taps = 2 * this.#reach;
    const input = new Float32Array(this.#input.length + piece.length);
    input.set(this.#input);
    input.set(piece, this.#input.length);
    const output = new Float32Array(Math.ceil((input.length * this.#phases) / this.#inputStep) + 1);
    let count = 0;
    let from = 0;
    while (from + taps <= input.length && count < most) {
      output[count] = this.#weigh(input, from);
      count += 1;
      this.#phase += this.#inputStep;
      from += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    this.#input = input.slice(from);
    this.#given += count;
    return output.subarray(0, count);
  }

  #weigh(input: Float32Array, from: number): number {
    const taps = 2 * this.#reach;
    const row = this.#phase * taps;
    let sum = 0;
    for (let i = 0; i < taps; i += 1) sum += this.#weights[row + i]! * input[from + i]!;
    return sum;
  }
}

/**
 * A whole sound at another rate, as long as before and not late.
 * @throws RangeError as `Resampler`
 */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples.slice();
  const resampler = new Resampler(fromHz, toHz);
  const [most, rest] = [resampler.push(samples), resampler.end()];
  const whole = new Float32Array(most.length + rest.length);
  whole.set(most);
  whole.set(rest, most.length);
  return whole;
}

/** Windowed sinc, sampled at each phase between two samples; each row's sum is 1. */
function lowPass(phases: number, reach: number, cutoff: number): Float32Array {
  const taps = 2 * reach;
  const weights = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    const row = Float64Array.from({ length: taps }, (_, i) => {
      const distance = i - reach + 1 - phase / phases;
      const angle = 2 * Math.PI * cutoff * distance;
      return (angle === 0 ? 1 : Math.sin(angle) / angle) * kaiserWindow(distance / reach, KAISER_BETA);
    });
    const sum = row.reduce((total, weight) => total + weight, 0);
    for (const [i, weight] of row.entries()) weights[phase * taps + i] = weight / sum;
  }
  return weights;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
