import { FRAME_MS } from '../../pipeline/frame.ts';

/** Ticks later than this are not caught up with, but left out. */
const LOST_MS = 200;

/**
 * Media time of a line's ticks. The clock makes late ticks up at once and is never early, so that a tick belongs 10 ms
 * after the one before, whenever it is made: what is judged by that is not disturbed by how busy the process is.
 */
export class TickTime {
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The time to which a tick belongs that is made at `nowMs` by the monotonic clock. */
  tick(nowMs: number): number {
    const dueMs = this.#lastMs + FRAME_MS;
    this.#lastMs = nowMs - dueMs > LOST_MS ? nowMs : Math.min(nowMs, dueMs);
    return this.#lastMs;
  }
}
