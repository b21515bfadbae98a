import { LIMITS } from '../../config/limits.ts';

/** Below it a quantile says little. */
const LEAST_COUNT = 10;

/** Quantiles of the last LIMITS.latenciesKept latencies of one provider, in milliseconds. */
export class LiveLatency {
  readonly #recent = new Float64Array(LIMITS.latenciesKept);
  #count = 0;
  #oldest = 0;
  #sorted: Float64Array | undefined;

  add(latencyMs: number): void {
    this.#sorted = undefined;
    this.#count = Math.min(this.#count + 1, LIMITS.latenciesKept);
    this.#recent[this.#oldest] = latencyMs;
    this.#oldest = (this.#oldest + 1) % LIMITS.latenciesKept;
  }

  get p50Ms(): number | undefined {
    return this.#quantile(0.5);
  }

  get p95Ms(): number | undefined {
    return this.#quantile(0.95);
  }

  /** By nearest rank; undefined while there are too few. */
  #quantile(share: number): number | undefined {
    if (this.#count < LEAST_COUNT) return undefined;
    this.#sorted ??= this.#recent.subarray(0, this.#count).toSorted();
    return this.#sorted[Math.ceil(share * this.#count) - 1];
  }
}
