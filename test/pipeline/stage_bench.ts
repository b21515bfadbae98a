import { createFrame, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { Stage } from '../../pipeline/stage.ts';

/** Sends samples through a stage, frame by frame, and gives back what came out; the last frame is filled up. */
export function through(stage: Stage<Frame>, rateHz: PipelineRateHz, samples: Float32Array): Float32Array {
  const frame = createFrame(rateHz);
  const length = frameLength(rateHz);
  const frames = Math.ceil(samples.length / length);
  const out = new Float32Array(frames * length);
  for (let i = 0; i < frames; i += 1) {
    frame.samples.fill(0);
    frame.samples.set(samples.subarray(i * length, (i + 1) * length));
    frame.sequence = i;
    frame.mediaTime = i * length;
    stage.process(frame);
    out.set(frame.samples, i * length);
  }
  return out;
}

export function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

export function peak(samples: Float32Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** The largest jump between neighbours: a click is one. */
export function steepest(samples: Float32Array): number {
  return samples.reduce(
    (most, sample, i) => Math.max(most, Math.abs(sample - (samples[i - 1] ?? sample))),
    0,
  );
}
