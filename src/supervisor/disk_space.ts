import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
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

/** @throws the system's error when this user can't write into the folder, or make it where it will lie */
export function assertWritable(folder: string): void {
  accessSync(nearest(folder), constants.W_OK | constants.X_OK);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(nearest(folder));
  return bavail * bsize;
}

/** The folder, or the one above it in which it will be made. */
function nearest(folder: string): string {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  return place;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}
