import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TrunklineError } from '../config/errors.ts';

/** @throws TrunklineError DISK_FULL when fewer bytes are free where the folder lies or will lie */
export function assertFreeBytes(folder: string, neededBytes: number, purpose: string): void {
  const free = freeBytes(folder);
  if (free >= neededBytes) return;
  throw new TrunklineError(
    'DISK_FULL',
    `${purpose} needs ${megabytes(neededBytes)} free at ${folder}, there are ${megabytes(free)}`,
  );
}

function freeBytes(folder: string): number {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}
