const BIN_MS = 0.05;
/** What is longer than 500 ms counts as that. */
const BINS = 10_000;

/** Counts durations without keeping them: percentiles to within 0.05 ms. */
export class Histogram {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;
  #maxMs = 0;

  add(durationMs: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(durationMs / BIN_MS)));
    this.#bins[bin]! += 1;
    this.#count += 1;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** The duration that `share` (0…1) of all do not exceed; 0 when there are none. */
  percentileMs(share: number): number {
    const wanted = Math.ceil(this.#count * share);
    let seen = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      seen += this.#bins[bin]!;
      if (seen >= wanted && seen > 0) return Math.min(this.#maxMs, (bin + 1) * BIN_MS);
    }
    return 0;
  }

  /** Forgets everything: what follows is measured alone. */
  reset(): void {
    this.#bins.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }
}
