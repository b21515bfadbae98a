import { type Frame, frameLength, type PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** Ceiling: −1 dB of full scale, so that neither codec nor resampler clips. */
const CEILING = 10 ** (-1 / 20);
/** The gain goes all the way down in this time, if need be, and comes back exponentially. */
const ATTACK_MS = 2;
const RELEASE_MS = 80;

/**
 * Peak limiter without delay. Within a frame the gain is down before a peak comes, and it moves on from one frame to the
 * next in one line; only a peak at the very start of a frame is flattened at the ceiling instead, until the gain is there.
 */
export class Limiter implements Stage<Frame> {
  readonly name = 'limiter';
  readonly #attack: number;
  readonly #release: number;
  readonly #gains: Float32Array;
  #gain = 1;

  constructor(rateHz: PipelineRateHz) {
    this.#attack = 1000 / (ATTACK_MS * rateHz);
    this.#release = 1 - Math.exp(-1000 / (RELEASE_MS * rateHz));
    this.#gains = new Float32Array(frameLength(rateHz));
  }

  process(frame: Frame): void {
    const { samples } = frame;
    if (this.#gain === 1 && !exceeds(samples)) return;
    const least = this.#prepare(samples);
    let gain = this.#gain;
    for (let i = 0; i < samples.length; i += 1) {
      // Up to the next peak's gain and no further, or the gain would tremble from peak to peak.
      const risen = gain + Math.max(0, least - gain) * this.#release;
      const wanted = Math.min(risen, this.#gains[i]!);
      gain = Math.min(allowed(samples[i]!), Math.max(wanted, gain - this.#attack));
      samples[i] = samples[i]! * gain;
    }
    this.#gain = 1 - gain < 1e-4 ? 1 : gain;
  }

  /**
   * Leaves in #gains what each sample may be multiplied with, so that all that follow can be reached in time, and gives
   * back the least.
   */
  #prepare(samples: Float32Array): number {
    let next = 1;
    let least = 1;
    for (let i = samples.length - 1; i >= 0; i -= 1) {
      const most = allowed(samples[i]!);
      next = Math.min(most, next + this.#attack);
      least = Math.min(least, most);
      this.#gains[i] = next;
    }
    return least;
  }

  reset(): void {
    this.#gain = 1;
  }

  close(): void {}
}

function exceeds(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i += 1) if (Math.abs(samples[i]!) > CEILING) return true;
  return false;
}

/** The most that a sample may be multiplied with. */
function allowed(sample: number): number {
  const size = Math.abs(sample);
  return size > CEILING ? CEILING / size : 1;
}
