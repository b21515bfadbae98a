import { FRAME_MS, frameLength } from '../../pipeline/frame.ts';
import type { Scene } from './scene.ts';

/** Takes the echo out of one call, frame by frame of 10 ms. */
export interface Canceller {
  /** By how much what comes out lies behind what goes in. */
  readonly delayMs: number;
  /** In place, in `mic`; `far` was sent at the same time. `isConcealed` tells that some of `mic` was made up. */
  cancel(far: Float32Array, mic: Float32Array, isConcealed: boolean): void;
  /**
   * Does to both components of the last frame, in place, what was done to their sum: the estimate is taken out of
   * `echo` alone, and all else done to both. Only where the canceller can be looked into.
   */
  readonly shadow?: (echo: Float32Array, near: Float32Array) => void;
  /** How much it believes to be left of the echo in the last frame, in dB of full scale. Likewise. */
  readonly residualDb?: () => number;
  close(): void;
}

/** What a canceller made of a scene, moved back by its delay. */
export interface Cancelled {
  readonly out: Float32Array;
  /** What is left of the echo and of the near end, each alone. */
  readonly parts: { readonly echo: Float32Array; readonly near: Float32Array } | undefined;
  /** What it believes to be left of the echo in each frame, in dB of full scale; empty where that is not known. */
  readonly residualDb: readonly number[];
}

/** Closes the canceller afterwards. */
export function cancelScene(scene: Scene, canceller: Canceller): Cancelled {
  const { rateHz, concealed } = scene;
  const frame = frameLength(rateHz);
  const residualDb: number[] = [];
  const [out, echo, near] = [scene.mic.slice(), scene.echo.slice(), scene.near.slice()];
  for (let at = 0; at + frame <= out.length; at += frame) {
    const far = scene.far.subarray(at, at + frame);
    canceller.cancel(far, out.subarray(at, at + frame), concealed[at / frame] ?? false);
    canceller.shadow?.(echo.subarray(at, at + frame), near.subarray(at, at + frame));
    if (canceller.residualDb !== undefined) residualDb.push(canceller.residualDb());
  }
  const isShadowed = canceller.shadow !== undefined;
  canceller.close();
  const delayFrames = canceller.delayMs / FRAME_MS;
  const delay = delayFrames * frame;
  for (const samples of [out, echo, near]) moveBack(samples, delay);
  return { out, parts: isShadowed ? { echo, near } : undefined, residualDb: residualDb.slice(delayFrames) };
}

function moveBack(samples: Float32Array, delay: number): void {
  samples.copyWithin(0, delay);
  samples.fill(0, samples.length - delay);
}
