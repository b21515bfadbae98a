import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const BACK_WITHIN_MS = 60_000;

/** The processes of a node's roles, known by the runtime file that they were started with. */
export class Roles {
  readonly #runtimeFile: string;

  constructor(runtimeFile: string) {
    this.#runtimeFile = runtimeFile;
  }

  /** @throws Error when no process has the role */
  pidOf(role: string): number {
    const pid = readdirSync('/proc').find(entry => /^\d+$/.test(entry) && this.#has(entry, role));
    if (pid === undefined) throw new Error(`there is no ${role}`);
    return Number(pid);
  }

  /** Resolves once another process has the role. @throws Error when that takes too long */
  async replaced(role: string, pid: number): Promise<void> {
    const untilMs = performance.now() + BACK_WITHIN_MS;
    while (performance.now() < untilMs) {
      try {
        if (this.pidOf(role) !== pid) return;
      } catch {
        // It is being started.
      }
      await sleep(POLL_MS);
    }
    throw new Error(`${role} did not come back`);
  }

  #has(pid: string, role: string): boolean {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes(this.#runtimeFile) && words[words.indexOf('--role') + 1] === role;
    } catch {
      return false;
    }
  }
}
