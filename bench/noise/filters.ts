import type { SeededRandom } from '../caller/random.ts';

/** Transfer function of the second order (R. Bristow-Johnson, "Audio EQ Cookbook"), a0 being 1. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

export function lowPass(cutoffHz: number, rateHz: number, q = Math.SQRT1_2): Biquad {
  const { cos, alpha } = angles(cutoffHz, rateHz, q);
  return normalised([(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]);
}

export function highPass(cutoffHz: number, rateHz: number, q = Math.SQRT1_2): Biquad {
  const { cos, alpha } = angles(cutoffHz, rateHz, q);
  return normalised([(1 + cos) / 2, -1 - cos, (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]);
}

export function bandPass(centreHz: number, rateHz: number, q: number): Biquad {
  const { cos, alpha } = angles(centreHz, rateHz, q);
  return normalised([alpha, 0, -alpha], [1 + alpha, -2 * cos, 1 - alpha]);
}

/** A resonance of `gainDb` at its centre. */
export function resonance(centreHz: number, rateHz: number, q: number, gainDb: number): Biquad {
  const { cos, alpha } = angles(centreHz, rateHz, q);
  const gain = 10 ** (gainDb / 40);
  return normalised(
    [1 + alpha * gain, -2 * cos, 1 - alpha * gain],
    [1 + alpha / gain, -2 * cos, 1 - alpha / gain],
  );
}

function angles(hz: number, rateHz: number, q: number): { cos: number; alpha: number } {
  const angle = (2 * Math.PI * hz) / rateHz;
  return { cos: Math.cos(angle), alpha: Math.sin(angle) / (2 * q) };
}

function normalised(b: [number, number, number], [a0, a1, a2]: [number, number, number]): Biquad {
  return { b: [b[0] / a0, b[1] / a0, b[2] / a0], a: [a1 / a0, a2 / a0] };
}

/** The signal through one filter after the other. */
export function filtered(signal: Float32Array, ...filters: readonly Biquad[]): Float32Array {
  return filters.reduce(throughOne, signal);
}

function throughOne(signal: Float32Array, { b, a }: Biquad): Float32Array {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return signal.map(x => {
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    return y;
  });
}

/** Gaussian, of unit power (Box and Muller, 1958). */
export function whiteNoise(length: number, random: SeededRandom): Float32Array {
  return Float32Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  );
}

/** Falls by about 3 dB an octave (P. Kellet's three poles). */
export function pinkNoise(length: number, random: SeededRandom): Float32Array {
  let [low, middle, high] = [0, 0, 0];
  return whiteNoise(length, random).map(white => {
    low = 0.99765 * low + 0.099046 * white;
    middle = 0.963 * middle + 0.2965164 * white;
    high = 0.57 * high + 1.0526913 * white;
    return (low + middle + high + 0.1848 * white) / 3;
  });
}

/** Wanders between −1 and 1, mostly near 0, no faster than `hz`. */
export function wander(length: number, hz: number, rateHz: number, random: SeededRandom): Float32Array {
  const period = Math.max(1, Math.round(rateHz / hz));
  const points = Array.from({ length: Math.ceil(length / period) + 2 }, () => random.next() - random.next());
  return Float32Array.from({ length }, (_, i) => {
    const at = i / period;
    const share = (1 - Math.cos(Math.PI * (at % 1))) / 2;
    return points[Math.floor(at)]! * (1 - share) + points[Math.floor(at) + 1]! * share;
  });
}

/** Combs and all-passes after Schroeder ("Natural sounding artificial reverberation", 1962), so much beside the signal. */
export function reverberated(
  signal: Float32Array,
  rateHz: number,
  decayMs: number,
  wetness: number,
): Float32Array {
  const wet = new Float32Array(signal.length);
  for (const delayMs of [29.7, 37.1, 41.1, 43.7]) {
    const delay = Math.round((delayMs * rateHz) / 1000);
    const gain = 10 ** ((-3 * delayMs) / decayMs);
    const comb = new Float32Array(signal.length);
    for (let i = delay; i < signal.length; i += 1) {
      comb[i] = signal[i - delay]! + gain * comb[i - delay]!;
      wet[i] = wet[i]! + comb[i]! / 4;
    }
  }
  const diffuse = allPass(allPass(wet, rateHz, 5), rateHz, 1.7);
  return signal.map((sample, i) => sample + wetness * diffuse[i]!);
}

function allPass(signal: Float32Array, rateHz: number, delayMs: number): Float32Array {
  const delay = Math.round((delayMs * rateHz) / 1000);
  const out = new Float32Array(signal.length);
  for (let i = 0; i < signal.length; i += 1) {
    out[i] = -0.7 * signal[i]! + (signal[i - delay] ?? 0) + 0.7 * (out[i - delay] ?? 0);
  }
  return out;
}
