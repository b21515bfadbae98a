/** A sine of amplitude 1. */
export function sine(toneHz: number, rateHz: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => Math.sin((2 * Math.PI * toneHz * i) / rateHz));
}

export interface ToneLevels {
  /** Of the tone, 0 dB a sine of amplitude 1. */
  readonly toneDb: number;
  /** Of all else together: mirrors, distortion, noise. */
  readonly restDb: number;
}

/** Takes a tone out of a sound by least squares and measures both parts. */
export function measureTone(samples: Float32Array, toneHz: number, rateHz: number): ToneLevels {
  const angle = (2 * Math.PI * toneHz) / rateHz;
  let [cc, ss, cs, cx, sx] = [0, 0, 0, 0, 0];
  for (const [i, sample] of samples.entries()) {
    const [c, s] = [Math.cos(angle * i), Math.sin(angle * i)];
    cc += c * c;
    ss += s * s;
    cs += c * s;
    cx += c * sample;
    sx += s * sample;
  }
  const determinant = cc * ss - cs * cs;
  const a = (cx * ss - sx * cs) / determinant;
  const b = (sx * cc - cx * cs) / determinant;
  const rest = samples.reduce(
    (sum, sample, i) => sum + (sample - a * Math.cos(angle * i) - b * Math.sin(angle * i)) ** 2,
    0,
  );
  return { toneDb: decibels(a * a + b * b), restDb: decibels((2 * rest) / samples.length) };
}

/** Of a whole sound, 0 dB a sine of amplitude 1. */
export function soundDb(samples: Float32Array): number {
  return decibels((2 * samples.reduce((sum, sample) => sum + sample * sample, 0)) / samples.length);
}

/** Blackman–Harris: what lies more than some bins beside a tone is 92 dB down. */
const WINDOW = [0.35875, -0.48829, 0.14128, -0.01168];

/**
 * The loudest 32 ms of a sound above a frequency, 0 dB a sine of amplitude 1: beside a low tone that is where a click is
 * heard. Samples before the first and after the last count as silence.
 */
export function loudestAboveDb(samples: Float32Array, fromHz: number, rateHz: number): number {
  const length = Math.round(0.032 * rateHz);
  const window = Float64Array.from({ length }, (_, i) =>
    WINDOW.reduce((sum, weight, k) => sum + weight * Math.cos((2 * Math.PI * k * (i + 0.5)) / length), 0),
  );
  const gain = window.reduce((sum, weight) => sum + weight * weight, 0);
  let loudest = 0;
  for (let at = 0; at + length <= samples.length; at += length >> 2) {
    let power = 0;
    for (let bin = Math.ceil((fromHz * length) / rateHz); bin < length / 2; bin += 1) {
      let [real, imaginary] = [0, 0];
      for (let i = 0; i < length; i += 1) {
        const angle = (2 * Math.PI * bin * i) / length;
        real += window[i]! * samples[at + i]! * Math.cos(angle);
        imaginary += window[i]! * samples[at + i]! * Math.sin(angle);
      }
      power += real * real + imaginary * imaginary;
    }
    loudest = Math.max(loudest, (4 * power) / (gain * length));
  }
  return decibels(loudest);
}

function decibels(power: number): number {
  return 10 * Math.log10(power + 1e-20);
}
