import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Roles } from '../takeover/roles.ts';

const POLL_MS = 100;
const BACK_WITHIN_MS = 90_000;

const entry = z.object({ name: z.string(), pid: z.number().int() });

/** The processes of a node by name: its roles, and the services that it started (children.json in its run folder), or `supervisor`. */
export class NodeProcesses {
  readonly #roles: Roles;
  readonly #childrenFile: string;
  readonly #pidFile: string;

  constructor(runFolder: string) {
    this.#roles = new Roles(join(runFolder, 'runtime.json'));
    this.#childrenFile = join(runFolder, 'children.json');
    this.#pidFile = join(runFolder, 'trunkline.pid');
  }

  /** @throws Error when there is none of that name */
  pidOf(name: string): number {
    if (name === 'supervisor') return Number(readFileSync(this.#pidFile, 'utf8'));
    const child = this.#children().find(one => one.name === name);
    return child?.pid ?? this.#roles.pidOf(name);
  }

  /** Resolves once another process has its place. @throws Error when that takes too long */
  async replaced(name: string, pid: number): Promise<void> {
    const untilMs = performance.now() + BACK_WITHIN_MS;
    while (performance.now() < untilMs) {
      try {
        if (this.pidOf(name) !== pid) return;
      } catch {
        // It is being started.
      }
      await sleep(POLL_MS);
    }
    throw new Error(`${name} did not come back`);
  }

  #children(): readonly z.infer<typeof entry>[] {
    try {
      return z.array(entry).parse(JSON.parse(readFileSync(this.#childrenFile, 'utf8')));
    } catch {
      // It is being written anew.
      return [];
    }
  }
}
