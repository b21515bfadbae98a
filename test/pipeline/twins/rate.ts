import { kaiserWindow } from '../../../pipeline/kaiser.ts';

/** Samples of the lower rate that the low-pass is long. */
const TAPS = 36;
const KAISER_BETA = 8.3;

/** The low-pass at the higher rate, whose sum is 1. */
function lowPass(factor: number): Float64Array {
  const length = TAPS * factor;
  const weights = Float64Array.from({ length }, (_, i) => {
    const distance = i - (length - 1) / 2;
    const angle = (Math.PI * distance) / factor;
    return (Math.sin(angle) / angle) * kaiserWindow(distance / (length / 2), KAISER_BETA);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map(weight => weight / sum);
}

/** Each sample as if all before it had been heard, and silence before the first. */
function filtered(samples: Float64Array, weights: Float64Array): Float64Array {
  return samples.map((_, at) => {
    let sum = 0;
    for (let k = 0; k < weights.length && k <= at; k += 1) sum += weights[k]! * samples[at - k]!;
    return sum;
  });
}

/** `factor` times as many: zeros between the samples, then the low-pass. */
export function raised(samples: Float32Array, factor: number): Float64Array {
  const sparse = new Float64Array(samples.length * factor);
  for (const [i, sample] of samples.entries()) sparse[i * factor] = sample;
  const weights = lowPass(factor);
  // Each place between two samples passes a constant as it is.
  for (let phase = 0; phase < factor; phase += 1) {
    let sum = 0;
    for (let i = phase; i < weights.length; i += factor) sum += weights[i]!;
    for (let i = phase; i < weights.length; i += factor) weights[i] = weights[i]! / sum;
  }
  return filtered(sparse, weights);
}

/** One of `factor`: the low-pass, then the last of each group. */
export function reduced(samples: Float32Array, factor: number): Float64Array {
  const all = filtered(Float64Array.from(samples), lowPass(factor));
  return Float64Array.from({ length: samples.length / factor }, (_, i) => all[i * factor + factor - 1]!);
}
