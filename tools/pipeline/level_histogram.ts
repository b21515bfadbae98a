const SILENCE_DB = -100;
const BINS = 101;
/** Frames this far below the loudest are pauses (after ITU-T P.56, which has 15.9 dB below the mean). */
const ACTIVITY_RANGE_DB = 30;
const FLOOR_SHARE = 0.1;

/** In dB of full scale, to a tenth. */
export interface Levels {
  /** Root mean square of all. */
  readonly meanDb: number;
  /** Of the frames that are no pauses. */
  readonly activeDb: number;
  /** What a tenth of all frames lies below. */
  readonly floorDb: number;
  readonly peakDb: number;
  /** Samples at full scale or beyond. */
  readonly clipped: number;
}

/** Adds up the levels of a sound, frame by frame. */
export class LevelHistogram {
  readonly #frames = new Uint32Array(BINS);
  readonly #powers = new Float64Array(BINS);
  #peak = 0;
  #clipped = 0;

  /** Says the frame's level, in dB of full scale. */
  take(samples: Float32Array): number {
    let energy = 0;
    for (const sample of samples) {
      const size = Math.abs(sample);
      if (!Number.isFinite(size)) continue;
      energy += size * size;
      if (size > this.#peak) this.#peak = size;
      if (size >= 1) this.#clipped += 1;
    }
    const power = energy / samples.length;
    const levelDb = Math.max(SILENCE_DB, 10 * Math.log10(power + 1e-12));
    const bin = Math.max(0, Math.min(BINS - 1, Math.round(levelDb - SILENCE_DB)));
    this.#frames[bin] = this.#frames[bin]! + 1;
    this.#powers[bin] = this.#powers[bin]! + power;
    return levelDb;
  }

  get levels(): Levels {
    const loudest = this.#frames.findLastIndex(count => count > 0);
    return {
      meanDb: this.#meanDb(0),
      activeDb: this.#meanDb(Math.max(0, loudest - ACTIVITY_RANGE_DB)),
      floorDb: this.#floorDb(),
      peakDb: tenths(Math.max(SILENCE_DB, 20 * Math.log10(this.#peak + 1e-6))),
      clipped: this.#clipped,
    };
  }

  #meanDb(fromBin: number): number {
    const sum = (row: Uint32Array | Float64Array) => {
      let total = 0;
      for (let bin = fromBin; bin < BINS; bin += 1) total += row[bin]!;
      return total;
    };
    const mean = sum(this.#powers) / Math.max(1, sum(this.#frames));
    return tenths(Math.max(SILENCE_DB, 10 * Math.log10(mean + 1e-12)));
  }

  #floorDb(): number {
    let wanted = FLOOR_SHARE * this.#frames.reduce((sum, count) => sum + count, 0);
    const bin = this.#frames.findIndex(count => {
      wanted -= count;
      return wanted < 0;
    });
    return SILENCE_DB + Math.max(0, bin);
  }
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
