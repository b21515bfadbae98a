import { LIMITS } from '../../config/limits.ts';

/** Below it a quantile says little. */
const LEAST_COUNT = 10;

/** Quantiles of the last LIMITS.latenciesKept latencies of one provider, in milliseconds. */
export class LiveLatency {
  readonly #recent: number[] = [];
  #oldest = 0;
  #sorted: readonly number[] | undefined;

  add(latencyMs: number): void {
    this.#sorted = undefined;
    if (this.#recent.length < LIMITS.latenciesKept) {
      this.#recent.push(latencyMs);
      return;
    }
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
    if (this.#recent.length < LEAST_COUNT) return undefined;
    this.#sorted ??= this.#recent.toSorted((a, b) => a - b);
    return this.#sorted[Math.ceil(share * this.#sorted.length) - 1];
  }
}
