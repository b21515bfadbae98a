/** Real Fourier transforms by their definition, in 64 bits. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Cosines of all the angles that occur in transforms of 2n points. */
const cosines = new Map<number, Float64Array>();

function cosinesOf(n: number): Float64Array {
  const known = cosines.get(n) ?? new Float64Array(2 * n).map((_, i) => Math.cos((Math.PI * i) / n));
  cosines.set(n, known);
  return known;
}

/** Bins 0…n of 2n real samples. */
export function forward(samples: ArrayLike<number>): Spectrum {
  const n = samples.length / 2;
  const cosine = cosinesOf(n);
  const re = new Float64Array(n + 1);
  const im = new Float64Array(n + 1);
  for (let bin = 0; bin <= n; bin += 1) {
    for (let i = 0; i < 2 * n; i += 1) {
      re[bin]! += samples[i]! * cosine[(bin * i) % (2 * n)]!;
      // cos(a + π/2) = −sin a
      im[bin]! += samples[i]! * cosine[(bin * i + n / 2) % (2 * n)]!;
    }
  }
  return { re, im };
}

/** The samples whose bins these are. */
export function inverse({ re, im }: Spectrum): Float64Array {
  const n = re.length - 1;
  const cosine = cosinesOf(n);
  return new Float64Array(2 * n).map((_, i) => {
    let sum = 0;
    for (let bin = 0; bin <= n; bin += 1) {
      // All bins but the first and the last stand for a pair.
      const share = bin === 0 || bin === n ? 1 : 2;
      const cos = cosine[(bin * i) % (2 * n)]!;
      const minusSin = cosine[(bin * i + n / 2) % (2 * n)]!;
      sum += share * (re[bin]! * cos + im[bin]! * minusSin);
    }
    return sum / (2 * n);
  });
}
