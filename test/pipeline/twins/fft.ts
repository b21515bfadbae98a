/** Real Fourier transforms by their definition, in 64 bits. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Bins 0…n of 2n real samples. */
export function forward(samples: ArrayLike<number>): Spectrum {
  const n = samples.length / 2;
  const re = new Float64Array(n + 1);
  const im = new Float64Array(n + 1);
  for (let bin = 0; bin <= n; bin += 1) {
    for (let i = 0; i < 2 * n; i += 1) {
      const angle = (-Math.PI * ((bin * i) % (2 * n))) / n;
      re[bin]! += samples[i]! * Math.cos(angle);
      im[bin]! += samples[i]! * Math.sin(angle);
    }
  }
  return { re, im };
}

/** The samples whose bins these are. */
export function inverse({ re, im }: Spectrum): Float64Array {
  const n = re.length - 1;
  return new Float64Array(2 * n).map((_, i) => {
    let sum = 0;
    for (let bin = 0; bin <= n; bin += 1) {
      const angle = (Math.PI * ((bin * i) % (2 * n))) / n;
      // All bins but the first and the last stand for a pair.
      const share = bin === 0 || bin === n ? 1 : 2;
      sum += share * (re[bin]! * Math.cos(angle) - im[bin]! * Math.sin(angle));
    }
    return sum / (2 * n);
  });
}
