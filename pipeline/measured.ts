import type { KernelFrame } from './kernels/kernel_frame.ts';
import type { Stage } from './stage.ts';

/** What one stage, of all calls that share the meter, has cost. */
export class StageMeter {
  frames = 0;
  /** Together, in microseconds. */
  totalUs = 0;
  mostUs = 0;

  get meanUs(): number {
    return this.frames === 0 ? 0 : this.totalUs / this.frames;
  }
}

/**
 * Any stage, timed. `nowMs` is a monotonic clock, which the pipeline itself does not have.
 */
export function measured(stage: Stage, meter: StageMeter, nowMs: () => number): Stage {
  const { name, delayMs = 0 } = stage;
  return {
    name,
    delayMs,
    process: (frame: KernelFrame) => {
      const startMs = nowMs();
      stage.process(frame);
      const tookUs = (nowMs() - startMs) * 1000;
      meter.frames += 1;
      meter.totalUs += tookUs;
      if (tookUs > meter.mostUs) meter.mostUs = tookUs;
    },
    reset: () => stage.reset(),
    close: () => stage.close(),
  };
}
