/** What a linear, unchanging path makes of a signal; as long as the signal. By overlap-add of FFTs. */
export function convolve(signal: Float32Array, response: Float32Array): Float32Array {
  const size = 2 ** Math.ceil(Math.log2(4 * response.length));
  const piece = size - response.length + 1;
  const [pathRe, pathIm] = transformed(response, size);
  const output = new Float32Array(signal.length);
  for (let start = 0; start < signal.length; start += piece) {
    const [re, im] = transformed(signal.subarray(start, start + piece), size);
    for (let k = 0; k < size; k += 1) {
      const real = re[k]! * pathRe[k]! - im[k]! * pathIm[k]!;
      // Conjugated, so that the transform forward goes back.
      im[k] = -(re[k]! * pathIm[k]! + im[k]! * pathRe[k]!);
      re[k] = real;
    }
    transform(re, im);
    const end = Math.min(size, signal.length - start);
    for (let i = 0; i < end; i += 1) output[start + i] = output[start + i]! + re[i]! / size;
  }
  return output;
}

function transformed(samples: Float32Array, size: number): [re: Float64Array, im: Float64Array] {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(samples);
  transform(re, im);
  return [re, im];
}

/** Radix-2 FFT in place (Cooley and Tukey, 1965); the length is a power of 2. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  reverseBits(re);
  reverseBits(im);
  for (let span = 1; span < size; span *= 2) {
    for (let k = 0; k < span; k += 1) {
      const [cos, sin] = [Math.cos((-Math.PI * k) / span), Math.sin((-Math.PI * k) / span)];
      for (let i = k; i < size; i += 2 * span) {
        const j = i + span;
        const real = re[j]! * cos - im[j]! * sin;
        const imaginary = re[j]! * sin + im[j]! * cos;
        re[j] = re[i]! - real;
        im[j] = im[i]! - imaginary;
        re[i] = re[i]! + real;
        im[i] = im[i]! + imaginary;
      }
    }
  }
}

function reverseBits(values: Float64Array): void {
  for (let i = 1, j = 0; i < values.length; i += 1) {
    let bit = values.length >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [values[i], values[j]] = [values[j]!, values[i]!];
  }
}
