interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Radix 2, recursive, for powers of two. */
function transform({ re, im }: Complex): Complex {
  const n = re.length;
  if (n === 1) return { re, im };
  const half = (odd: 0 | 1): Complex =>
    transform({
      re: new Float64Array(n / 2).map((_, i) => re[2 * i + odd]!),
      im: new Float64Array(n / 2).map((_, i) => im[2 * i + odd]!),
    });
  const [even, odd] = [half(0), half(1)];
  const sum = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n / 2; k += 1) {
    const [cos, sin] = [Math.cos((2 * Math.PI * k) / n), -Math.sin((2 * Math.PI * k) / n)];
    const turnedRe = odd.re[k]! * cos - odd.im[k]! * sin;
    const turnedIm = odd.re[k]! * sin + odd.im[k]! * cos;
    sum.re[k] = even.re[k]! + turnedRe;
    sum.im[k] = even.im[k]! + turnedIm;
    sum.re[k + n / 2] = even.re[k]! - turnedRe;
    sum.im[k + n / 2] = even.im[k]! - turnedIm;
  }
  return sum;
}

function spectrumOf(samples: Float64Array): Complex {
  return transform({ re: samples, im: new Float64Array(samples.length) });
}

const POINTS = 16_384;

/** The newest of what was sent and heard, at 8 kHz, to the lag of the correlation's peak and its height over the next. */
export function findDelay(far: Float64Array, near: Float64Array): { lag: number; sharpness: number } {
  const newest = (samples: Float64Array, count: number): Float64Array => {
    const padded = new Float64Array(POINTS);
    const kept = samples.subarray(Math.max(0, samples.length - count));
    padded.set(kept, POINTS - kept.length);
    return padded;
  };
  const x = spectrumOf(newest(far, POINTS));
  const d = spectrumOf(newest(near, 8000));
  const cross = { re: new Float64Array(POINTS), im: new Float64Array(POINTS) };
  for (let k = Math.floor((POINTS * 300) / 8000); k < Math.floor((POINTS * 3400) / 8000); k += 1) {
    const re = x.re[k]! * d.re[k]! + x.im[k]! * d.im[k]!;
    const im = x.re[k]! * d.im[k]! - x.im[k]! * d.re[k]!;
    const magnitude = Math.hypot(re, im);
    cross.re[k] = magnitude > 0 ? re / magnitude : 0;
    cross.im[k] = magnitude > 0 ? -im / magnitude : 0;
  }
  const correlation = transform(cross);
  const heights = [...correlation.re.subarray(0, 7360)].map((re, i) => Math.hypot(re, correlation.im[i]!));
  const highest = Math.max(...heights);
  const lag = heights.indexOf(highest);
  const next = Math.max(...heights.filter((_, i) => Math.abs(i - lag) > 200));
  return { lag, sharpness: highest / next };
}
