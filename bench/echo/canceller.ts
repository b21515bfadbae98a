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

/** Closes the canceller afterwards, once silence at both ends has brought out what it still held. */
export function cancelScene(scene: Scene, canceller: Canceller): Cancelled {
  const { rateHz, concealed } = scene;
  const frame = frameLength(rateHz);
  const delayFrames = canceller.delayMs / FRAME_MS;
  const [far, out, echo, near] = [scene.far, scene.mic, scene.echo, scene.near].map(samples =>
    withSilence(samples, delayFrames * frame),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const residualDb: number[] = [];
  for (let at = 0; at + frame <= out.length; at += frame) {
    canceller.cancel(
      far.subarray(at, at + frame),
      out.subarray(at, at + frame),
      concealed[at / frame] ?? false,
    );
    canceller.shadow?.(echo.subarray(at, at + frame), near.subarray(at, at + frame));
    if (canceller.residualDb !== undefined) residualDb.push(canceller.residualDb());
  }
  const isShadowed = canceller.shadow !== undefined;
  canceller.close();
  const [cancelled, echoLeft, nearLeft] = [out, echo, near].map(samples =>
    samples.subarray(delayFrames * frame),
  ) as [Float32Array, Float32Array, Float32Array];
  return {
    out: cancelled,
    parts: isShadowed ? { echo: echoLeft, near: nearLeft } : undefined,
    residualDb: residualDb.slice(delayFrames),
  };
}

function withSilence(samples: Float32Array, length: number): Float32Array {
  const longer = new Float32Array(samples.length + length);
  longer.set(samples);
  return longer;
}
