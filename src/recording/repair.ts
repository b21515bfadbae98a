import { existsSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingSize } from './recorder.ts';
import { readHead } from './recording_file.ts';
import { durationMsOf, encodeHead, FRAME_BYTES, HEAD_BYTES } from './wav_file.ts';

/**
 * Completes the recordings that an earlier run of the process `address` left unfinished: their heads get the length
 * of what is there, the files their names. To be called before that process records anew. One that another process goes
 * on with meanwhile is its own.
 * @returns how many there were
 */
export async function repairRecordings(dir: string, address: string): Promise<number> {
  if (!existsSync(dir)) return 0;
  const suffix = `.${address}.part`;
  let repaired = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(`.wav${suffix}`)) continue;
    if (await complete(join(entry.parentPath, entry.name), suffix)) repaired += 1;
  }
  return repaired;
}

/** False when the file is gone. */
async function complete(provisionalPath: string, suffix: string): Promise<boolean> {
  try {
    await completeHead(provisionalPath);
    await rename(provisionalPath, provisionalPath.slice(0, -suffix.length));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function completeHead(provisionalPath: string): Promise<void> {
  const handle = await open(provisionalPath, 'r+');
  try {
    const { size } = await handle.stat();
    const head = await readHead(handle);
    if (head === undefined) {
      // The process died before it had written a head, hence before any audio.
      await rm(provisionalPath);
      return;
    }
    const dataBytes = Math.floor((size - HEAD_BYTES) / FRAME_BYTES) * FRAME_BYTES;
    await handle.truncate(HEAD_BYTES + dataBytes);
    await handle.write(encodeHead({ rateHz: head.rateHz, dataBytes }), 0, HEAD_BYTES, 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Size of a finished recording; undefined when there is none, or it is no recording of ours. */
export async function recordingSize(dir: string, file: string): Promise<RecordingSize | undefined> {
  try {
    const handle = await open(join(dir, file), 'r');
    try {
      const head = await readHead(handle);
      return head && { durationMs: durationMsOf(head), bytes: HEAD_BYTES + head.dataBytes };
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
