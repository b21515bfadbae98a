import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { Bundle } from './bundle.ts';

const version = z.object({ version: z.number().int(), flowVersion: z.string() });

const inForceSchema = z.object({
  /** Number of the last change of the tenant's versions. */
  seq: z.number(),
  workflows: z.record(
    z.string(),
    z.object({
      live: version.extend({ byFile: z.boolean() }).nullable(),
      canary: version.extend({ percent: z.number() }).nullable(),
    }),
  ),
});

/** Which versions new calls begin with, as the database said last. */
export type InForce = z.infer<typeof inForceSchema>;

/** A version's text with what it is the text of. */
export interface KeptText {
  readonly workflow: string;
  readonly flowVersion: string;
  readonly bundle: Bundle;
}

const textSchema = z.object({
  workflow: z.string(),
  flowVersion: z.string(),
  bundle: z.record(z.string(), z.string()),
});

const NOTHING: InForce = { seq: 0, workflows: {} };

/**
 * What a node knows of versions without the database: which are in force, and their texts, of which calls that began with
 * them may need older ones, too. One process writes, all of the node's read.
 */
export class KeptVersions {
  readonly #folder: string;
  readonly #file: string;
  readonly #texts: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'in_force.json');
    this.#texts = join(folder, 'texts');
    mkdirSync(this.#texts, { recursive: true, mode: 0o700 });
  }

  /** Before anything was written the files lead. @throws SyntaxError or ZodError for what is not ours */
  read(): InForce {
    const text = readIfThere(this.#file);
    return text === undefined ? NOTHING : inForceSchema.parse(JSON.parse(text));
  }

  /** Undefined where it is not kept, or what is kept is damaged. */
  textOf(workflow: string, flowVersion: string): Bundle | undefined {
    try {
      const text = readIfThere(this.#fileOf({ workflow, flowVersion })) ?? 'null';
      const kept = textSchema.parse(JSON.parse(text));
      return kept.workflow === workflow && kept.flowVersion === flowVersion ? kept.bundle : undefined;
    } catch {
      return undefined;
    }
  }

  /** Texts first: whoever reads what is in force finds them. */
  async write(inForce: InForce, texts: readonly KeptText[]): Promise<void> {
    for (const text of texts) await this.keep(text);
    await this.#replace(this.#file, JSON.stringify(inForce));
    await this.#forgetOldest();
  }

  async keep(text: KeptText): Promise<void> {
    const file = this.#fileOf(text);
    const { workflow, flowVersion, bundle } = text;
    if (this.textOf(workflow, flowVersion) !== undefined && (await touched(file))) return;
    await this.#replace(file, JSON.stringify({ workflow, flowVersion, bundle }));
  }

  #fileOf({ workflow, flowVersion }: Pick<KeptText, 'workflow' | 'flowVersion'>): string {
    const name = createHash('sha256')
      .update(JSON.stringify([workflow, flowVersion]))
      .digest('hex');
    return join(this.#texts, `${name}.json`);
  }

  /** Whoever reads sees the one before or this one, whole. */
  async #replace(file: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // Process ids are the same in two containers that share the folder, and one process may write a text twice at once.
    const next = `${file}.${randomUUID()}.new`;
    try {
      const handle = await open(next, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(next, file);
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
  }

  async #forgetOldest(): Promise<void> {
    const files = (await readdir(this.#texts)).map(name => join(this.#texts, name));
    if (files.length <= LIMITS.versionsOnDisk) return;
    const ages = await Promise.all(files.map(async file => [file, await ageOf(file)] as const));
    const oldest = ages.toSorted(([, a], [, b]) => a - b).slice(0, files.length - LIMITS.versionsOnDisk);
    for (const [file] of oldest) await rm(file, { force: true });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** When it was used last; what is gone meanwhile goes first. */
async function ageOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Takes note that the file is still used; false where it is not there. */
async function touched(file: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(file, now, now);
    return true;
  } catch {
    return false;
  }
}
