import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSecretFile } from '../compliance/secret_file.ts';
import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';

/** Whose words have to be the same for a supervisor and roles that another one has started. */
const SPOKEN = ['package.json', 'src/ipc/messages.ts', 'src/ipc/framing.ts'] as const;

/**
 * What a supervisor leaves in the run folder, for the next to know whether its processes are such as it would start: the
 * same version and the same configuration, but for what may change while a node runs.
 */
export class StartMark {
  readonly #file: string;

  constructor(runFolder: string) {
    this.#file = join(runFolder, 'start.mark');
  }

  isOf(paths: NodePaths, config: Config, startRoles: boolean): boolean {
    try {
      return readFileSync(this.#file, 'utf8') === digest(paths, config, startRoles);
    } catch {
      return false;
    }
  }

  write(paths: NodePaths, config: Config, startRoles: boolean): void {
    writeSecretFile(this.#file, digest(paths, config, startRoles));
  }

  /** The processes are ending, or are not what they were. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** What of a configuration can't change while a node runs. */
export function fixedPart(config: Config): string {
  const { trunks: _, pipeline: __, sip, workflows, ...rest } = config;
  const { numbers: ___, allowedAddresses: ____, ...fixedSip } = sip;
  return JSON.stringify([rest, fixedSip, workflows.dir]);
}

function digest({ project }: NodePaths, config: Config, startRoles: boolean): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([project, fixedPart(config), startRoles, process.version]));
  for (const file of SPOKEN) hash.update(readFileSync(join(project, file)));
  return hash.digest('hex');
}
