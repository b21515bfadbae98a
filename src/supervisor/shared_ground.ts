import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What processes of two versions have to have in common while one takes the place of the other, by what it is to people. */
const FILES = {
  'npm packages': ['package-lock.json'],
  'messages between processes': ['src/ipc/messages.ts', 'src/ipc/framing.ts'],
} as const;
const MIGRATIONS = 'src/store/migrations';

/** What was on the disk when this process began and can't change under a node with calls. */
export class SharedGround {
  readonly #project: string;
  readonly #atStart: ReadonlyMap<string, string>;

  /** @param project folder of the project, all of which is there */
  constructor(project: string) {
    this.#project = project;
    this.#atStart = this.#read();
  }

  /** Names of what is another now. */
  changed(): readonly string[] {
    const now = this.#read();
    return [...this.#atStart].filter(([name, digest]) => now.get(name) !== digest).map(([name]) => name);
  }

  #read(): Map<string, string> {
    const digests = new Map<string, string>();
    for (const [name, files] of Object.entries(FILES)) {
      const hash = createHash('sha256');
      for (const file of files) hash.update(readFileSync(join(this.#project, file)));
      digests.set(name, hash.digest('hex'));
    }
    const migrations = readdirSync(join(this.#project, MIGRATIONS)).toSorted();
    return digests.set('the database schema', migrations.join('\n'));
  }
}
