import { forward, inverse, type Spectrum } from './fft.ts';

const KEPT = 0.99900025;
const NEAR_SMOOTHING = 0.75;
const DECAY = 0.85;
const BOOST = 3;

export interface Partition {
  /** Of what was sent, so many frames ago. */
  far: Spectrum;
  filter: Spectrum;
  variances: Float64Array;
}

function zeros(bins: number): Spectrum {
  return { re: new Float64Array(bins), im: new Float64Array(bins) };
}

/** The Kalman filter of the echo canceller, one partition and one bin after the other. */
export class TwinFilter {
  readonly partitions: Partition[];
  readonly uncertainty: Float64Array;
  estimate: Float64Array;
  error: Float64Array;
  /** For each bin, by what its variances have to grow. */
  doubt: Float64Array;
  readonly #n: number;
  readonly #near: Float64Array;
  #turn = 0;

  constructor(n: number, partitions: number) {
    this.#n = n;
    this.partitions = Array.from({ length: partitions }, () => ({
      far: zeros(n + 1),
      filter: zeros(n + 1),
      variances: new Float64Array(n + 1),
    }));
    this.uncertainty = new Float64Array(n + 1);
    this.doubt = new Float64Array(n + 1).fill(1);
    this.#near = new Float64Array(n + 1);
    this.estimate = new Float64Array(n);
    this.error = new Float64Array(n);
  }

  /** Two frames of what was sent, the newer one last. */
  push(frames: Float64Array): void {
    const spectra = [forward(frames), ...this.partitions.map(({ far }) => far)];
    for (const [i, partition] of this.partitions.entries()) partition.far = spectra[i]!;
  }

  seed(nearByFar: number): void {
    const seen = Math.max(2e-3, Math.min(0.1, nearByFar));
    const shares = this.partitions.reduce((sum, _, i) => sum + DECAY ** i, 0);
    for (const [i, { variances }] of this.partitions.entries()) {
      variances.fill((seen * BOOST * DECAY ** i) / shares);
    }
  }

  clear(): void {
    for (const partition of this.partitions) {
      partition.filter = zeros(this.#n + 1);
      partition.variances.fill(0);
    }
  }

  predict(near: Float64Array): void {
    const sum = zeros(this.#n + 1);
    this.uncertainty.fill(0);
    for (const { far: x, filter: w, variances } of this.partitions) {
      for (let k = 0; k <= this.#n; k += 1) {
        sum.re[k]! += x.re[k]! * w.re[k]! - x.im[k]! * w.im[k]!;
        sum.im[k]! += x.re[k]! * w.im[k]! + x.im[k]! * w.re[k]!;
        this.uncertainty[k]! += variances[k]! * (x.re[k]! ** 2 + x.im[k]! ** 2);
      }
    }
    this.estimate = inverse(sum).slice(this.#n);
    this.error = near.map((sample, i) => sample - this.estimate[i]!);
  }

  update(): void {
    const padded = new Float64Array(2 * this.#n);
    padded.set(this.error, this.#n);
    const e = forward(padded);
    for (let k = 0; k <= this.#n; k += 1) {
      const power = e.re[k]! ** 2 + e.im[k]! ** 2;
      const unexplained = Math.max(power - 0.5 * this.uncertainty[k]!, 0.1 * power);
      this.#near[k] = NEAR_SMOOTHING * this.#near[k]! + (1 - NEAR_SMOOTHING) * unexplained;
      const gain = 1 / (this.uncertainty[k]! + 2 * this.#near[k]! + 1e-6);
      for (const partition of this.partitions) this.#learn(partition, k, e, gain);
    }
    this.#constrain();
  }

  #learn({ far: x, filter: w, variances }: Partition, k: number, e: Spectrum, gain: number): void {
    const step = variances[k]! * gain;
    w.re[k]! += step * (x.re[k]! * e.re[k]! + x.im[k]! * e.im[k]!);
    w.im[k]! += step * (x.re[k]! * e.im[k]! - x.im[k]! * e.re[k]!);
    const learnt = 0.5 * step * (x.re[k]! ** 2 + x.im[k]! ** 2);
    const moved = (1 - KEPT) * (w.re[k]! ** 2 + w.im[k]! ** 2);
    const grown = KEPT * this.doubt[k]! * variances[k]!;
    variances[k] = Math.min(1, grown * (1 - learnt) + moved + 1e-9);
  }

  #constrain(): void {
    const partition = this.partitions[this.#turn]!;
    this.#turn = (this.#turn + 1) % this.partitions.length;
    partition.filter = forward(inverse(partition.filter).fill(0, this.#n));
  }
}
