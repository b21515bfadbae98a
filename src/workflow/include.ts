import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LIMITS } from '../config/limits.ts';
import { isRecord, parseYaml, type YamlFile } from './yaml_file.ts';

/** In a folder below that of the workflows: what lies beside them is a workflow of its own. */
export const INCLUDED_NAME = /^(?:[a-z0-9_]{1,64}\/){1,4}[a-z0-9_]{1,64}\.yaml$/;

/** Files by the names under which they are included, or why one can't be had. */
export type Included = ReadonlyMap<string, YamlFile | string>;
/** Files that were read for another workflow, by the names under which they are included: read again, parsed once. */
export type SharedFiles = Map<string, YamlFile>;

/**
 * Reads what a file of the folder includes, and what that includes. What can't be had is told by `compose`, where it is named.
 * @throws TrunklineError WORKFLOW_INVALID for what is no YAML
 */
export async function readIncluded(folder: string, main: YamlFile, shared: SharedFiles): Promise<Included> {
  const files = new Map<string, YamlFile | string>();
  const wanted = [...includesOf(main)];
  let bytes = 0;
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (files.has(name) || !INCLUDED_NAME.test(name) || files.size > LIMITS.includedFiles) continue;
    const text = await readBelow(folder, name, LIMITS.includedBytes - bytes);
    const file = typeof text === 'string' ? parsed(text, name, shared) : text.fault;
    files.set(name, file);
    if (typeof file === 'string') continue;
    shared.set(name, file);
    bytes += Buffer.byteLength(file.text);
    wanted.push(...includesOf(file));
  }
  return files;
}

function parsed(text: string, name: string, shared: SharedFiles): YamlFile {
  const file = shared.get(name);
  return file?.text === text ? file : parseYaml(text, name);
}

/** The same for texts at hand. */
export function parseIncluded(texts: ReadonlyMap<string, string>): Included {
  return new Map([...texts].map(([name, text]) => [name, parseYaml(text, name)]));
}

async function readBelow(
  folder: string,
  name: string,
  mostBytes: number,
): Promise<string | { readonly fault: string }> {
  try {
    const file = await realpath(join(folder, name));
    if (!file.startsWith((await realpath(folder)) + sep))
      return { fault: 'leads out of the workflows folder' };
    const { size } = await stat(file);
    if (size > mostBytes) return { fault: `makes more than ${LIMITS.includedBytes} bytes; include less` };
    return await readFile(file, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    return { fault: isMissing ? 'is not in the workflows folder; add the file' : "can't be read" };
  }
}

/** The names in a file's `include`, as far as they are names. */
function includesOf({ content }: YamlFile): readonly string[] {
  const include = fieldOf(content, 'include');
  return Array.isArray(include) ? include.filter(name => typeof name === 'string') : [];
}

/** A field of what may be no mapping. */
export function fieldOf(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
