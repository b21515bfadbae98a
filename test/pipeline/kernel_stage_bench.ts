import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import type { Stage } from '../../pipeline/stage.ts';

/**
 * Sends samples through a stage that needs the kernel memory, frame by frame, and gives back what came out; what does not
 * fill a frame is left out. `before` may do something to each frame, or to the stage.
 */
export function throughKernels(
  stage: Stage,
  memory: KernelMemory,
  rateHz: PipelineRateHz,
  samples: Float32Array,
  before: (frame: KernelFrame, index: number) => void = () => {},
): Float32Array {
  const frame = new KernelFrame(memory, rateHz);
  const { length } = frame.samples;
  const frames = Math.floor(samples.length / length);
  const out = new Float32Array(frames * length);
  for (let i = 0; i < frames; i += 1) {
    frame.samples.set(samples.subarray(i * length, (i + 1) * length));
    before(frame, i);
    stage.process(frame);
    out.set(frame.samples, i * length);
  }
  frame.close();
  return out;
}
