import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';

/** sun_path of unix(7) holds 108 bytes with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 107;

/**
 * Where the hub listens: in the run folder, or, where that path is too long for a socket, in a folder of this user's
 * among the system's temporary ones.
 * @throws TrunklineError STEP_FAILED when that folder is somebody else's
 */
export function hubSocketPath(runFolder: string): string {
  const wanted = join(runFolder, 'hub.sock');
  if (Buffer.byteLength(wanted) <= MAX_SOCKET_PATH_BYTES) return wanted;
  const name = createHash('sha256').update(runFolder).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `trunkline-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new TrunklineError('STEP_FAILED', `${folder} is not a folder of this user alone: remove it`);
  }
  return join(folder, 'hub.sock');
}

/** Takes the socket away, with its folder where that was made for it. */
export function removeHubSocket(socketPath: string, runFolder: string): void {
  const folder = dirname(socketPath);
  rmSync(folder === runFolder ? socketPath : folder, { recursive: true, force: true });
}
