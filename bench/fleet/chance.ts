import { SeededRandom } from '../caller/random.ts';

/** Standard normal, 95th percentile. */
const Z95 = 1.645;

/** Draws of one seed: streams of different names are independent. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number, stream: string) {
    this.#random = new SeededRandom(seed, stream);
  }

  happens(probability: number): boolean {
    return this.#random.chance(probability);
  }

  pick<T>(options: readonly T[]): T {
    return this.#random.pick(options);
  }

  /** Time until the next event of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random.next());
  }

  /** By median and σ of the logarithm (Box and Muller, 1958). */
  logNormal(median: number, sigma: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.next()));
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.#random.next()));
  }

  /** Log-normal through a measured median and 95th percentile, never more than the measured most. */
  measured({
    median,
    p95,
    max,
  }: {
    readonly median: number;
    readonly p95: number;
    readonly max: number;
  }): number {
    return Math.min(max, this.logNormal(median, Math.log(p95 / median) / Z95));
  }
}
