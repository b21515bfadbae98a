import type { PipelineRateHz } from '../../pipeline/frame.ts';

const WINDOW_MS = 32;
/** What a byte of a column stands for: 0 is LEAST_DB, and half a decibel each more. */
const LEAST_DB = -120;
const STEPS_PER_DB = 2;

/** Rows of a spectrogram, lowest frequency first, evenly up to half the rate. */
export const SPECTROGRAM_ROWS = 80;

/**
 * A sound's spectrum in columns of so many milliseconds, as it comes: 32 ms behind a Hann window around the middle of
 * each column. Levels are of a sine in the row, in dB of full scale.
 */
export class Spectrogram {
  readonly #rateHz: PipelineRateHz;
  readonly #columnSamples: number;
  readonly #window: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** From half a window before the middle of the next column on. */
  #samples: number[];
  #columns: Uint8Array[] = [];
  #at = 0;

  constructor(rateHz: PipelineRateHz, columnMs: number) {
    const length = (WINDOW_MS * rateHz) / 1000;
    this.#rateHz = rateHz;
    this.#columnSamples = (columnMs * rateHz) / 1000;
    this.#window = Float64Array.from(
      { length },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length),
    );
    this.#real = new Float64Array(length);
    this.#imaginary = new Float64Array(length);
    this.#samples = Array<number>(Math.max(0, Math.round((length - this.#columnSamples) / 2))).fill(0);
  }

  get columns(): number {
    return this.#columns.length;
  }

  take(samples: Float32Array): void {
    for (const sample of samples) this.#samples.push(Number.isFinite(sample) ? sample : 0);
    while (this.#samples.length >= this.#window.length) this.#makeColumn();
  }

  /** The rest, as if silence followed. */
  end(): void {
    this.take(new Float32Array(Math.max(0, this.#window.length - 1)));
  }

  levelDb(column: number, row: number): number {
    return LEAST_DB + (this.#columns[column]?.[row] ?? 0) / STEPS_PER_DB;
  }

  #makeColumn(): void {
    const length = this.#window.length;
    for (let i = 0; i < length; i += 1) this.#real[i] = this.#samples[i]! * this.#window[i]!;
    this.#imaginary.fill(0);
    transform(this.#real, this.#imaginary);
    this.#columns.push(Uint8Array.from({ length: SPECTROGRAM_ROWS }, (_, row) => this.#rowByte(row)));
    this.#at += this.#columnSamples;
    const passed = Math.floor(this.#at);
    this.#at -= passed;
    this.#samples.splice(0, passed);
  }

  /** The loudest bin of the row. */
  #rowByte(row: number): number {
    const bins = this.#window.length / 2;
    const first = Math.floor((row * bins) / SPECTROGRAM_ROWS);
    const last = Math.max(first + 1, Math.floor(((row + 1) * bins) / SPECTROGRAM_ROWS));
    let power = 0;
    for (let bin = first; bin < last; bin += 1) {
      power = Math.max(power, this.#real[bin]! ** 2 + this.#imaginary[bin]! ** 2);
    }
    // The window passes half of a sine's amplitude, and a transform splits it in two.
    const levelDb = 10 * Math.log10(power * (4 / this.#window.length) ** 2 + 1e-13);
    return Math.max(0, Math.min(255, Math.round((levelDb - LEAST_DB) * STEPS_PER_DB)));
  }

  get rateHz(): PipelineRateHz {
    return this.#rateHz;
  }
}

/** Fast Fourier transform in place, decimation in time (Cooley and Tukey, 1965); the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const length = real.length;
  for (let i = 1, j = 0; i < length; i += 1) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  for (let half = 1; half < length; half *= 2) {
    for (let k = 0; k < half; k += 1) {
      const [cos, sin] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)];
      for (let even = k; even < length; even += 2 * half) {
        const odd = even + half;
        const re = real[odd]! * cos - imaginary[odd]! * sin;
        const im = real[odd]! * sin + imaginary[odd]! * cos;
        real[odd] = real[even]! - re;
        imaginary[odd] = imaginary[even]! - im;
        real[even] = real[even]! + re;
        imaginary[even] = imaginary[even]! + im;
      }
    }
  }
}
