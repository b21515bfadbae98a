import { cp, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TrunklineError } from '../config/errors.ts';

const KEPT = /\.(yaml|csv)$/;

/**
 * Copies what processes read of the workflows folder, for one run of the node: one that is started again in its midst finds
 * what the others have, whatever was edited meanwhile. Links that lead out of the folder are followed beside it alone, where
 * each is a workflow of its own; below it they are left out.
 * @throws TrunklineError CONFIG_INVALID where there is no such folder
 */
export async function copyWorkflows(from: string, to: string): Promise<void> {
  const top = await realpath(from).catch(cause => {
    throw new TrunklineError('CONFIG_INVALID', `workflows.dir: ${from} can't be read`, { cause });
  });
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(top, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || !KEPT.test(entry.name)) continue;
    const source = await realpath(file).catch(() => undefined);
    const isBeside = entry.parentPath === top;
    if (source === undefined || (!isBeside && !source.startsWith(top + sep))) continue;
    await cp(source, join(to, file.slice(top.length)));
  }
}
