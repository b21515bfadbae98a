import type { Frame, PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** Ceiling: −1 dB of full scale, so that neither codec nor resampler clips. */
const CEILING = 10 ** (-1 / 20);
const RELEASE_MS = 80;

/** Peak limiter: the gain drops at once to what a frame's peak allows and comes back exponentially. */
export class Limiter implements Stage<Frame> {
  readonly name = 'limiter';
  readonly #release: number;
  #gain = 1;

  constructor(rateHz: PipelineRateHz) {
    this.#release = 1 - Math.exp(-1000 / (RELEASE_MS * rateHz));
  }

  process(frame: Frame): void {
    const { samples } = frame;
    let peak = 0;
    for (let i = 0; i < samples.length; i += 1) peak = Math.max(peak, Math.abs(samples[i]!));
    const allowed = peak > CEILING ? CEILING / peak : 1;
    if (this.#gain === 1 && allowed === 1) return;
    let gain = Math.min(this.#gain, allowed);
    for (let i = 0; i < samples.length; i += 1) {
      samples[i] = samples[i]! * gain;
      gain += (allowed - gain) * this.#release;
    }
    this.#gain = 1 - gain < 1e-4 ? 1 : gain;
  }

  reset(): void {
    this.#gain = 1;
  }

  close(): void {}
}
