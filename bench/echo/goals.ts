import type { SceneKind } from './scene.ts';

/** Of the echo, 3 s after it begins or its path changes: how much less of it there must be. */
export const ERLE_GOALS_DB: Readonly<Record<SceneKind, number>> = {
  hybrid: 25,
  room: 25,
  delay: 25,
  jump: 25,
  drift: 15,
  loss: 15,
  distortion: 15,
  doubleTalk: 15,
  nearFirst: 15,
  long: 25,
};
/** Where nobody talks over it. */
export const MOST_RESIDUAL_DBM0 = -50;
export const MOST_NEAR_PESQ_LOSS = 0.2;
export const MOST_NEAR_LOSS_DB = 1;
/** Of the time in which only the far end is heard, after the first second. */
export const MOST_VAD_PERCENT = 1;
