import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of a recording, as it lies on the disk. */
export interface StoredFile {
  /** Below the recordings folder, and of the recording that it is, or is a piece of. */
  readonly file: string;
  readonly recording: string;
  readonly callId: string;
  /** False for what a process has not finished, or never will. */
  readonly isWhole: boolean;
}

/** As recorder.ts names them: the call, of which there may be several recordings, and the process that is not done with it. */
const NAME = /^((([A-Za-z0-9_-]{1,128})(?:\.\d{1,6})?\.wav)(\.[a-z0-9-]{1,64}\.part)?)$/;
const HASHED_BYTES = 1 << 20;

/** What a file is by its path below the recordings folder; undefined for what is none of ours. */
export function storedFile(tenantId: string, file: string): StoredFile | undefined {
  const folder = `${tenantId}/`;
  const [, name, recording, callId, piece] = NAME.exec(file.slice(folder.length)) ?? [];
  if (!file.startsWith(folder) || name === undefined || callId === undefined) return undefined;
  return { file, recording: `${folder}${recording}`, callId, isWhole: piece === undefined };
}

/** The tenant's folder exists and is no link: only then what is not in it is gone. */
export async function hasFolder(dir: string, tenantId: string): Promise<boolean> {
  try {
    return (await lstat(join(dir, tenantId))).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A tenant's files in no order, so many at once. Links, folders, and what is none of ours are passed over. */
export async function* storedFiles(
  dir: string,
  tenantId: string,
  atOnce: number,
): AsyncGenerator<readonly StoredFile[], void> {
  let files: StoredFile[] = [];
  for await (const entry of await opendir(join(dir, tenantId))) {
    const found = entry.isFile() ? storedFile(tenantId, `${tenantId}/${entry.name}`) : undefined;
    if (found !== undefined) files.push(found);
    if (files.length < atOnce) continue;
    yield files;
    files = [];
  }
  if (files.length > 0) yield files;
}

/** When it was written to last; undefined when it is gone. */
export async function writtenAt(path: string): Promise<Date | undefined> {
  try {
    return (await lstat(path)).mtime;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What is in it: SHA-256 in hexadecimal digits, and how much that is. Undefined when it is gone. */
export async function contentOf(
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(HASHED_BYTES);
    for (let bytes = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/**
 * Takes the file out of its folder, for good: once this returns it does not come back with the power. Who has it open reads it to its
 * end. One that is gone is no error.
 */
export async function deleteDurably(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
