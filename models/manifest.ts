import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** One model as `manifest.json` lists it. The weights come with an npm package, never with git. */
export interface ModelEntry {
  readonly name: string;
  readonly version: string;
  readonly task: string;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
  readonly origin: string;
  readonly package: string;
  readonly packageVersion: string;
  /** Path inside the package. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The weights are not there, or are not those of the manifest. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

const manifestFile = new URL('./manifest.json', import.meta.url);
const require = createRequire(import.meta.url);

export function readManifest(): readonly ModelEntry[] {
  const { models } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { models: ModelEntry[] };
  return models;
}

/** @throws ModelError when the manifest has no such model */
export function modelEntry(name: string): ModelEntry {
  const entry = readManifest().find(model => model.name === name);
  if (entry === undefined) throw new ModelError(`no model ${name} in models/manifest.json`);
  return entry;
}

/**
 * The weights of a model, after their checksum was found to be the manifest's.
 * @throws ModelError saying which package to install again
 */
export function loadWeights(entry: ModelEntry): Uint8Array {
  const weights = readWeights(entry);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  if (sha256 !== entry.sha256) {
    throw new ModelError(
      `model ${entry.name}: ${entry.package}/${entry.file} is altered (sha256 ${sha256.slice(0, 12)}…, ` +
        `expected ${entry.sha256.slice(0, 12)}…); install ${entry.package}@${entry.packageVersion} again`,
    );
  }
  return weights;
}

function readWeights(entry: ModelEntry): Uint8Array {
  try {
    return readFileSync(require.resolve(`${entry.package}/${entry.file}`));
  } catch (error) {
    throw new ModelError(
      `model ${entry.name}: ${entry.package}/${entry.file} is missing; install ${entry.package}@${entry.packageVersion}`,
      { cause: error },
    );
  }
}
