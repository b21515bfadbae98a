import { readFileSync } from 'node:fs';

/** As long as this since the last look a thread must have waited for a processor to count as starved. */
const STARVED_MS = 100;

interface Watched {
  readonly pid: number;
  waitedMs: number;
}

/**
 * Whether the main threads of processes got a processor when they wanted one: one that did not may be late for that
 * alone. From /proc/PID/schedstat of Linux; where there is none, nobody starves.
 */
export class Starvation {
  readonly #watched = new Map<string, Watched>();

  watch(name: string, pid: number): void {
    this.#watched.set(name, { pid, waitedMs: waitedMs(pid) });
  }

  /** Since the last look. */
  hasStarved(name: string): boolean {
    const watched = this.#watched.get(name);
    if (watched === undefined) return false;
    const before = watched.waitedMs;
    watched.waitedMs = waitedMs(watched.pid);
    return watched.waitedMs - before >= STARVED_MS;
  }
}

/** How long the main thread has been ready to run without running, since its start. */
function waitedMs(pid: number): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
