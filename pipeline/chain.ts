import type { Frame, PipelineRateHz } from './frame.ts';
import type { Stage } from './stage.ts';

/** Stages in the order in which a frame passes through them. */
export class Chain {
  readonly #direction: string;
  readonly #rateHz: PipelineRateHz;
  readonly #stages: readonly Stage[];

  constructor(direction: string, rateHz: PipelineRateHz, stages: readonly Stage[]) {
    this.#direction = direction;
    this.#rateHz = rateHz;
    this.#stages = stages;
  }

  process(frame: Frame): void {
    for (let i = 0; i < this.#stages.length; i += 1) this.#stages[i]!.process(frame);
  }

  reset(): void {
    for (const stage of this.#stages) stage.reset();
  }

  close(): void {
    for (const stage of this.#stages) stage.close();
  }

  /** As printed when a call starts: `uplink at 16 kHz: sanitize → DC removal → …`. */
  describe(): string {
    const names = this.#stages.map(stage => stage.name).join(' → ');
    return `${this.#direction} at ${this.#rateHz / 1000} kHz: ${names}`;
  }
}
