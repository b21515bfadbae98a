import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeSecretFile } from '../compliance/secret_file.ts';
import { endProcesses, identify, isRunning, processIdentitySchema, signalGroup } from './process_identity.ts';

const entrySchema = processIdentitySchema.extend({
  name: z.string().max(64),
  endSignal: z.enum(['SIGTERM', 'SIGINT']),
});
export type ChildEntry = z.infer<typeof entrySchema>;

/** Who this node has started, on disk: so that the next start can end what a killed supervisor left behind. */
export class ChildrenFile {
  readonly #file: string;
  #entries: readonly ChildEntry[] = [];

  constructor(runFolder: string) {
    this.#file = join(runFolder, 'children.json');
  }

  add(name: string, pid: number, endSignal: ChildEntry['endSignal']): void {
    const identity = identify(pid);
    if (identity !== undefined) this.#write([...this.#entries, { ...identity, name, endSignal }]);
  }

  remove(pid: number): void {
    this.#write(this.#entries.filter(entry => entry.pid !== pid));
  }

  /** Those of an earlier start that are still there. A damaged file counts as empty. */
  leftovers(): readonly ChildEntry[] {
    try {
      return z
        .array(entrySchema)
        .parse(JSON.parse(readFileSync(this.#file, 'utf8')))
        .filter(entry => entry.pid !== process.pid && isRunning(entry));
    } catch {
      return [];
    }
  }

  /** Ends those of an earlier start and returns their names. */
  async endLeftovers(graceMs: number): Promise<readonly string[]> {
    const leftovers = this.leftovers();
    await endProcesses(leftovers, graceMs);
    rmSync(this.#file, { force: true });
    return leftovers.map(({ name, pid }) => `${name} (process ${pid})`);
  }

  /**
   * Puts those of an earlier start on this one's record, but for those that can't be `kept`, which are ended.
   * @returns the kept ones
   */
  async takeOver(isKept: (name: string) => boolean, graceMs: number): Promise<readonly ChildEntry[]> {
    const leftovers = this.leftovers();
    const kept = leftovers.filter(({ name }) => isKept(name));
    this.#write(leftovers);
    await endProcesses(
      leftovers.filter(entry => !kept.includes(entry)),
      graceMs,
    );
    this.#write(kept);
    return kept;
  }

  /** Ends all at once, without order. Postgres is told to, or it would leave shared memory behind. */
  killAll(): void {
    for (const { pid, name } of this.leftovers())
      signalGroup(pid, name === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
  }

  #write(entries: readonly ChildEntry[]): void {
    this.#entries = entries;
    try {
      if (entries.length === 0) rmSync(this.#file, { force: true });
      else writeSecretFile(this.#file, `${JSON.stringify(entries)}\n`);
    } catch {
      // A full disk must not end a node that runs; the record is behind until the next change.
    }
  }
}
