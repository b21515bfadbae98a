import type { Frame, PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** Ceiling: −1 dB of full scale, so that neither codec nor resampler clips. */
const CEILING = 10 ** (-1 / 20);
const RELEASE_MS = 80;

/**
 * Peak limiter without delay. The gain goes on from frame to frame without a jump: it falls in a straight line, just
 * steep enough to be down where a peak of the frame wants it, stays there, and comes back exponentially.
 */
export class Limiter implements Stage<Frame> {
  readonly name = 'limiter';
  readonly #release: number;
  #gain = 1;

  constructor(rateHz: PipelineRateHz) {
    this.#release = 1 - Math.exp(-1000 / (RELEASE_MS * rateHz));
  }

  process({ samples }: Frame): void {
    let least = 1;
    let slope = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const size = Math.abs(samples[i]!);
      if (!(size > CEILING)) continue;
      const allowed = CEILING / size;
      least = Math.min(least, allowed);
      slope = Math.min(slope, (allowed - this.#gain) / (i + 1));
    }
    if (slope < 0) this.#lower(samples, slope, least);
    else if (this.#gain < 1) this.#raise(samples, least);
  }

  #lower(samples: Float32Array, slope: number, least: number): void {
    let gain = this.#gain;
    for (let i = 0; i < samples.length; i += 1) {
      gain = Math.max(least, gain + slope);
      samples[i] = samples[i]! * gain;
    }
    this.#gain = gain;
  }

  /** No further than the frame's peaks allow, or the gain would tremble from peak to peak. */
  #raise(samples: Float32Array, least: number): void {
    let gain = this.#gain;
    for (let i = 0; i < samples.length; i += 1) {
      gain += (least - gain) * this.#release;
      samples[i] = samples[i]! * gain;
    }
    this.#gain = 1 - gain < 1e-4 ? 1 : gain;
  }

  reset(): void {
    this.#gain = 1;
  }

  close(): void {}
}
