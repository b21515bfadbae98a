import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const SIGNAL = 'SIGUSR2';

/** How far an upgrade is; the last one's end stays until the next begins. */
const upgradeStateSchema = z.object({
  state: z.enum(['running', 'done', 'failed']),
  sentence: z.string(),
});
export type UpgradeState = z.infer<typeof upgradeStateSchema>;

/** The state of a node's upgrade, for whoever asked for it. */
export class UpgradeFile {
  readonly #file: string;

  constructor(runFolder: string) {
    this.#file = join(runFolder, 'upgrade.json');
  }

  write(state: UpgradeState): void {
    try {
      writeFileSync(this.#file, `${JSON.stringify(state)}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not end a node that runs.
    }
  }

  /** Undefined where none has begun, or it is being written. */
  read(): UpgradeState | undefined {
    try {
      return upgradeStateSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return undefined;
    }
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Upgrades that SIGUSR2 asks for, one at a time; until a node is up, and while it is upgraded, nothing is done. */
export class UpgradeSignal {
  #upgrade: (() => Promise<void>) | undefined;
  readonly #handler = (): void => {
    const upgrade = this.#upgrade;
    if (upgrade === undefined) return;
    this.#upgrade = undefined;
    void upgrade().finally(() => {
      this.#upgrade = upgrade;
    });
  };

  constructor() {
    process.on(SIGNAL, this.#handler);
  }

  /** `upgrade` tells of its failures itself. */
  serve(upgrade: () => Promise<void>): void {
    this.#upgrade = upgrade;
  }

  close(): void {
    process.off(SIGNAL, this.#handler);
  }
}
