import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TrunklineError } from '../config/errors.ts';

/** <tenant>/<callId>.wav, and nothing that a path could hide in. */
const RECORDING_FILE = /^([a-z0-9][a-z0-9_-]{0,63})\/[A-Za-z0-9_-]{1,128}\.wav$/;

/**
 * Makes sure that a path of the record names a plain file of the tenant below the recordings folder, so that not even
 * a forged row reaches another file.
 * @throws TrunklineError NOT_FOUND
 */
export async function assertRecordingFile(dir: string, tenantId: string, file: string): Promise<void> {
  const tenant = RECORDING_FILE.exec(file)?.[1];
  const isThere = tenant === tenantId && (await isPlainFileBelow(dir, file));
  if (!isThere) throw new TrunklineError('NOT_FOUND', "the call's recording is not on this node");
}

async function isPlainFileBelow(dir: string, file: string): Promise<boolean> {
  try {
    const path = join(dir, file);
    const [root, real, stats] = await Promise.all([realpath(dir), realpath(path), lstat(path)]);
    return stats.isFile() && real === `${root}${sep}${file.replaceAll('/', sep)}`;
  } catch {
    return false;
  }
}
