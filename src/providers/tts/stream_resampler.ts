import { Resampler } from '../../../pipeline/resample.ts';

/** Brings 16-bit speech to another rate piece by piece: what it gives, joined, is what the whole would have become. */
export class StreamResampler {
  readonly #resampler: Resampler | undefined;

  /** @throws RangeError for what are no rates, and for those with next to nothing in common */
  constructor(fromHz: number, toHz: number) {
    this.#resampler = fromHz === toHz ? undefined : new Resampler(fromHz, toHz);
  }

  /** Takes a piece of any length and gives what is ready, which may be nothing. */
  push(pcm: Int16Array): Int16Array {
    return this.#resampler === undefined ? pcm : rounded(this.#resampler.push(Float32Array.from(pcm)));
  }

  /** The rest. Nothing is pushed afterwards. */
  end(): Int16Array {
    return this.#resampler === undefined ? new Int16Array(0) : rounded(this.#resampler.end());
  }
}

function rounded(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}
