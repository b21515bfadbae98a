import type { Frame, PipelineRateHz } from './frame.ts';
import type { KernelFrame } from './kernels/kernel_frame.ts';
import type { Stage } from './stage.ts';

/** Stages in the order in which a frame passes through them. */
export class Chain<F extends Frame = KernelFrame> {
  readonly #direction: string;
  readonly #rateHz: PipelineRateHz;
  readonly stages: readonly Stage<F>[];

  constructor(direction: string, rateHz: PipelineRateHz, stages: readonly Stage<F>[]) {
    this.#direction = direction;
    this.#rateHz = rateHz;
    this.stages = stages;
  }

  process(frame: F): void {
    const { stages } = this;
    for (let i = 0; i < stages.length; i += 1) stages[i]!.process(frame);
  }

  reset(): void {
    for (const stage of this.stages) stage.reset();
  }

  close(): void {
    for (const stage of this.stages) stage.close();
  }

  /** By how much what leaves the chain lies behind what enters it. */
  get delayMs(): number {
    return this.stages.reduce((sum, { delayMs = 0 }) => sum + delayMs, 0);
  }

  /** As printed when a call starts: `uplink at 16 kHz: sanitize → DC removal → …`. */
  describe(): string {
    const names = this.stages.map(stage => stage.name).join(' → ');
    return `${this.#direction} at ${this.#rateHz / 1000} kHz: ${names}`;
  }
}
