import { cpus } from 'node:os';

/** Time of all processors since they started, milliseconds. */
function processorTime(): { readonly idleMs: number; readonly allMs: number } {
  let [idleMs, allMs] = [0, 0];
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idleMs, allMs };
}

/** What the machine has left, whoever uses it. */
export class SpareTime {
  #last = processorTime();

  /** Share of all processors that nobody used since it was asked last, 0 to 1. */
  share(): number {
    const now = processorTime();
    const allMs = now.allMs - this.#last.allMs;
    const idleMs = now.idleMs - this.#last.idleMs;
    this.#last = now;
    return allMs === 0 ? 0 : idleMs / allMs;
  }
}
