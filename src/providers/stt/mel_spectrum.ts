/** Filters of the model's front end (feat.params: -lowerf 130 -upperf 6800 -nfilt 25). */
export const FILTERS = 25;
const LOWEST_HZ = 130;
const HIGHEST_HZ = 6_800;
const FRAMES_PER_SECOND = 100;
const WINDOW_SECONDS = 0.025625;
const PRE_EMPHASIS = 0.97;

interface Filter {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

/**
 * Power in mel bands, a frame each 10 ms, as the Sphinx front end computes it (sphinxbase fe_sigproc.c), for 8 and
 * 16 kHz alike: a band has the same edges and the same scale at both rates. Several vocal tract lengths are measured
 * at once: a warp of 1.06 reads a spectrum as if its frequencies were 6 % higher (Lee & Rose 1998).
 */
export class MelSpectrum {
  /** Per warp: FILTERS values a frame. */
  readonly bands: readonly PowerFrames[];
  readonly #banks: readonly (readonly Filter[])[];
  readonly #window: Float64Array;
  readonly #fft: RealSpectrum;
  readonly #hop: number;
  readonly #scale: number;
  readonly #tail: Float64Array;
  #tailLength = 0;
  #previous = 0;

  constructor(rateHz: 8000 | 16000, warps: readonly number[]) {
    const fftSize = rateHz === 16000 ? 512 : 256;
    const windowLength = Math.round(rateHz * WINDOW_SECONDS);
    this.#hop = rateHz / FRAMES_PER_SECOND;
    this.#window = Float64Array.from(
      { length: windowLength },
      (_, at) => 0.54 - 0.46 * Math.cos((2 * Math.PI * at) / (windowLength - 1)),
    );
    this.#fft = new RealSpectrum(fftSize);
    this.#scale = (16_000 / rateHz) ** 2;
    this.#banks = warps.map(warp => filterBank(rateHz, fftSize, warp));
    this.bands = warps.map(() => new PowerFrames());
    this.#tail = new Float64Array(windowLength);
  }

  get frameCount(): number {
    return this.bands[0]?.count ?? 0;
  }

  push(pcm: Int16Array): void {
    for (const sample of pcm) {
      this.#tail[this.#tailLength++] = sample - PRE_EMPHASIS * this.#previous;
      this.#previous = sample;
      if (this.#tailLength < this.#tail.length) continue;
      this.#analyse();
      this.#tail.copyWithin(0, this.#hop);
      this.#tailLength -= this.#hop;
    }
  }

  #analyse(): void {
    const power = this.#fft.power(this.#tail, this.#window);
    for (const [warp, bank] of this.#banks.entries()) {
      const frame = this.bands[warp]!.append();
      for (let filter = 0; filter < FILTERS; filter++) {
        const { firstBin, weights } = bank[filter]!;
        let sum = 0;
        for (let at = 0; at < weights.length; at++) sum += weights[at]! * power[firstBin + at]!;
        frame[filter] = sum * this.#scale;
      }
    }
  }
}

/** Frames of FILTERS values in one growing array. */
export class PowerFrames {
  #values: Float32Array<ArrayBuffer>;
  #count: number;
  /** By number of bands; what is looked at again and again while an utterance grows is calculated once. */
  readonly #loudness = new Map<number, number[]>();

  constructor(values = new Float32Array(FILTERS * 256), count = 0) {
    this.#values = values;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  /** The frames so far, which stay all there are while more come here. */
  soFar(): PowerFrames {
    return new PowerFrames(this.#values, this.#count);
  }

  frame(at: number): Float32Array {
    return this.#values.subarray(at * FILTERS, (at + 1) * FILTERS);
  }

  /** Mean log power of each frame's first `filters` bands. */
  loudness(filters: number): readonly number[] {
    const known = this.#loudness.get(filters) ?? [];
    this.#loudness.set(filters, known);
    while (known.length < this.#count) known.push(meanLog(this.frame(known.length), filters));
    return known;
  }

  append(): Float32Array {
    if ((this.#count + 1) * FILTERS > this.#values.length) {
      const larger = new Float32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#count++;
    return this.frame(this.#count - 1);
  }
}

function meanLog(frame: Float32Array, filters: number): number {
  let sum = 0;
  for (let filter = 0; filter < filters; filter++) sum += Math.log(frame[filter]! + 1);
  return sum / filters;
}

function melOf(hz: number): number {
  return 2_595 * Math.log10(1 + hz / 700);
}

function hzOf(mel: number): number {
  return 700 * (10 ** (mel / 2_595) - 1);
}

/** Triangles of unit area with edges rounded to bins; bins above half the rate are left out. */
function filterBank(rateHz: number, fftSize: number, warp: number): Filter[] {
  const binHz = rateHz / fftSize;
  const step = (melOf(HIGHEST_HZ) - melOf(LOWEST_HZ)) / (FILTERS + 1);
  const edgeHz = (index: number) => Math.floor(hzOf(melOf(LOWEST_HZ) + index * step) / binHz + 0.5) * binHz;
  return Array.from({ length: FILTERS }, (_, filter) => {
    const [left, centre, right] = [edgeHz(filter), edgeHz(filter + 1), edgeHz(filter + 2)];
    const firstBin = Math.ceil(left / warp / binHz);
    const weights: number[] = [];
    for (let bin = firstBin; bin < fftSize / 2 && bin * binHz * warp <= right; bin++) {
      const hz = bin * binHz * warp;
      const height = Math.min((hz - left) / (centre - left), (right - hz) / (right - centre));
      weights.push((Math.max(0, height) * 2) / (right - left));
    }
    return { firstBin, weights: Float64Array.from(weights) };
  });
}

/** Power spectrum of real frames by a radix-2 transform with tables. */
class RealSpectrum {
  readonly #size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #order: Uint16Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #power: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#cos = Float64Array.from({ length: size / 2 }, (_, at) => Math.cos((-2 * Math.PI * at) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, at) => Math.sin((-2 * Math.PI * at) / size));
    const bits = Math.log2(size);
    this.#order = Uint16Array.from({ length: size }, (_, at) => reverseBits(at, bits));
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    this.#power = new Float64Array(size / 2 + 1);
  }

  /** |X(k)|² for k = 0 … size / 2 of the windowed samples, padded with zeros. The result is overwritten by the next. */
  power(samples: Float64Array, window: Float64Array): Float64Array {
    const re = this.#re;
    const im = this.#im;
    im.fill(0);
    for (let at = 0; at < this.#size; at++) {
      re[this.#order[at]!] = at < window.length ? samples[at]! * window[at]! : 0;
    }
    for (let half = 1; half < this.#size; half *= 2) this.#butterflies(half);
    for (let bin = 0; bin <= this.#size / 2; bin++)
      this.#power[bin] = re[bin]! * re[bin]! + im[bin]! * im[bin]!;
    return this.#power;
  }

  #butterflies(half: number): void {
    const re = this.#re;
    const im = this.#im;
    const stride = this.#size / (2 * half);
    for (let start = 0; start < this.#size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const c = this.#cos[k * stride]!;
        const s = this.#sin[k * stride]!;
        const a = start + k;
        const b = a + half;
        const oddRe = re[b]! * c - im[b]! * s;
        const oddIm = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - oddRe;
        im[b] = im[a]! - oddIm;
        re[a] = re[a]! + oddRe;
        im[a] = im[a]! + oddIm;
      }
    }
  }
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) if (value & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
  return reversed;
}
