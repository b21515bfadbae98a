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

function decibels(power: number): number {
  return 10 * Math.log10(power + 1e-20);
}
