import type { Frame, PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

const CORNER_HZ = 20;

/** First-order high-pass at 20 Hz: y[n] = x[n] − x[n−1] + r·y[n−1]. */
export class RemoveDc implements Stage<Frame> {
  readonly name = 'DC removal';
  readonly #pole: number;
  #input = 0;
  #output = 0;

  constructor(rateHz: PipelineRateHz) {
    this.#pole = Math.exp((-2 * Math.PI * CORNER_HZ) / rateHz);
  }

  process(frame: Frame): void {
    const { samples } = frame;
    const pole = this.#pole;
    let input = this.#input;
    let output = this.#output;
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i]!;
      output = sample - input + pole * output;
      input = sample;
      samples[i] = output;
    }
    this.#input = input;
    // Digital silence would let the state sink into denormals, which are slow.
    this.#output = Math.abs(output) < 1e-12 ? 0 : output;
  }

  reset(): void {
    this.#input = 0;
    this.#output = 0;
  }

  close(): void {}
}
