import type { Frame, PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

const DUCKED_GAIN_DB = -14;
const DOWN_MS = 20;
const UP_MS = 150;

/** Lowers the agent's voice while the caller may be about to speak, and raises it again, without clicks. */
export class Duck implements Stage<Frame> {
  readonly name = 'duck';
  readonly #duckedGain = 10 ** (DUCKED_GAIN_DB / 20);
  readonly #downStep: number;
  readonly #upStep: number;
  #gain = 1;
  #target = 1;

  constructor(rateHz: PipelineRateHz) {
    const range = 1 - this.#duckedGain;
    this.#downStep = (range * 1000) / (DOWN_MS * rateHz);
    this.#upStep = (range * 1000) / (UP_MS * rateHz);
  }

  lower(): void {
    this.#target = this.#duckedGain;
  }

  raise(): void {
    this.#target = 1;
  }

  process(frame: Frame): void {
    if (this.#gain === 1 && this.#target === 1) return;
    const { samples } = frame;
    let gain = this.#gain;
    for (let i = 0; i < samples.length; i += 1) {
      if (gain > this.#target) gain = Math.max(this.#target, gain - this.#downStep);
      else if (gain < this.#target) gain = Math.min(this.#target, gain + this.#upStep);
      samples[i] = samples[i]! * gain;
    }
    this.#gain = gain;
  }

  /** At full voice at once, as for new speech after a cut. */
  reset(): void {
    this.#gain = 1;
    this.#target = 1;
  }

  close(): void {}
}
