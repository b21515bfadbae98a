import { LIMITS } from '../config/limits.ts';

/** Holds a caller's keys to so many a second. */
export class KeyLimit {
  #secondStartMs = Number.NEGATIVE_INFINITY;
  #keysInSecond = 0;

  /** Whether a key pressed now is to be heard; monotonic milliseconds. */
  admits(nowMs: number): boolean {
    if (nowMs - this.#secondStartMs >= 1000) {
      this.#secondStartMs = nowMs;
      this.#keysInSecond = 0;
    }
    this.#keysInSecond += 1;
    return this.#keysInSecond <= LIMITS.dtmfPerSecond;
  }
}
