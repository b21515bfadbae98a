/** What 10 ms took, in microseconds; the median is the least disturbed by what else the machine did. */
export interface CostUs {
  readonly median: number;
  readonly mean: number;
  readonly most: number;
}

/** Times a piece of work, frame by frame. */
export class FrameCost {
  readonly #costsUs: number[] = [];

  time(work: () => void): void {
    const startMs = performance.now();
    work();
    this.#costsUs.push((performance.now() - startMs) * 1000);
  }

  get costUs(): CostUs {
    const sorted = Float64Array.from(this.#costsUs).toSorted();
    const total = sorted.reduce((sum, costUs) => sum + costUs, 0);
    return {
      median: hundredths(sorted[sorted.length >> 1] ?? 0),
      mean: hundredths(total / Math.max(1, sorted.length)),
      most: hundredths(sorted.at(-1) ?? 0),
    };
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
