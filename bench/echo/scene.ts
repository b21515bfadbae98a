import type { PipelineRateHz } from '../../pipeline/frame.ts';

/** What a scene is there to try. */
export const SCENE_KINDS = [
  'hybrid',
  'room',
  'delay',
  'jump',
  'drift',
  'loss',
  'distortion',
  'doubleTalk',
  'nearFirst',
  'long',
] as const;
export type SceneKind = (typeof SCENE_KINDS)[number];

/** Tail that hybrids are cancelled with, and everything in a room; in milliseconds. */
export const LINE_TAIL_MS = 70;
export const ROOM_TAIL_MS = 200;

/** One call's sound at the canceller, mono, full scale ±1, all of one length. */
export interface Scene {
  readonly name: string;
  readonly kind: SceneKind;
  readonly rateHz: PipelineRateHz;
  /** Exactly as sent, after companding. */
  readonly far: Float32Array;
  /** As received: the sum of `echo` and `near`. */
  readonly mic: Float32Array;
  /** What would have been received of the echo alone, where somebody talks; else all but the noise. */
  readonly echo: Float32Array;
  /** Talker and noise beneath. */
  readonly near: Float32Array;
  /** Of each frame of 10 ms, whether the node made any of it up; all were received where it is empty. */
  readonly concealed: readonly boolean[];
  /** Whether somebody talks at the near end; else there is only noise. */
  readonly nearTalks: boolean;
  /** When the path last became another, in seconds; undefined when it never did. */
  readonly changedAtS: number | undefined;
  /** How long a tail the canceller is told to cover. */
  readonly tailMs: number;
}
