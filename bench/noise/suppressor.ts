import { FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';

/** What is left of a sound, as if without delay, and what that took. */
export interface Suppressed {
  readonly heard: Float32Array;
  /** CPU time of the thread for each frame of 10 ms. */
  readonly microsPerFrame: number;
}

/** Something that suppresses noise; each sound is a call of its own. */
export interface Suppressor {
  readonly name: string;
  suppress(signal: Float32Array, rateHz: PipelineRateHz): Suppressed;
}

/**
 * Sends a sound through `process`, which works in place on a frame of 10 ms of full scale ±1, and takes `delayMs` out
 * again.
 */
export function frameByFrame(
  signal: Float32Array,
  rateHz: PipelineRateHz,
  delayMs: number,
  process: (frame: Float32Array) => void,
): Suppressed {
  const length = frameLength(rateHz);
  const delay = (delayMs * rateHz) / 1000;
  const frames = Math.ceil((signal.length + delay) / length);
  const work = new Float32Array(frames * length);
  work.set(signal);
  const views = Array.from({ length: frames }, (_, i) => work.subarray(i * length, (i + 1) * length));
  const micros = timed(() => {
    for (const view of views) process(view);
  });
  return {
    heard: work.slice(delay, delay + signal.length),
    microsPerFrame: micros / frames,
  };
}

/** CPU time that this thread spends, in microseconds. */
export function timed(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

/** Frames of a sound, the last one filled up. */
export function framesIn(samples: number, rateHz: number): number {
  return Math.ceil((samples * 1000) / rateHz / FRAME_MS);
}
