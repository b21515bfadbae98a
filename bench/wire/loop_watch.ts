import { performance } from 'node:perf_hooks';

/**
 * Tells for how long what is read now may have lain unread because this process was busy with something else: each turn
 * of the event loop asks all sockets once, so that it came after the turn before, and only time in which the loop did
 * not wait for anything counts.
 */
class LoopWatch {
  #turn = -1;
  /** Time that the loop has not waited in all, as of the last look, and as of the last look in a turn before this one. */
  #busyMs = 0;
  #busyBeforeMs = 0;

  /** To be called with everything that is read, and now and then besides. */
  unreadMs(): number {
    const { loopCount } = performance.nodeTiming.uvMetricsInfo;
    const { active } = performance.eventLoopUtilization();
    if (loopCount !== this.#turn) {
      this.#turn = loopCount;
      this.#busyBeforeMs = this.#busyMs;
    }
    this.#busyMs = active;
    return active - this.#busyBeforeMs;
  }
}

/** One for all sockets of the process. */
export const loopWatch = new LoopWatch();
