import { existsSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../config/limits.ts';

/**
 * A file of the spool, named `<address>.<start>.<number>.spool` after the process that wrote it, that process's
 * start, and its place in the row.
 */
export interface SegmentName {
  readonly address: string;
  readonly start: string;
  readonly number: number;
}

/** A segment as its reader sees it. */
export interface Segment {
  readonly path: string;
  /** Bytes that are safe on the disk. */
  readonly bytes: number;
  /** Nothing more will be written. */
  readonly closed: boolean;
}

const NAME = /^([a-z]+(?:-\d{1,3})?)\.([0-9a-z]{9}-\d+)\.(\d{8})\.spool$/;

export function segmentFile({ address, start, number }: SegmentName): string {
  return `${address}.${start}.${String(number).padStart(8, '0')}.spool`;
}

/** Names one run of a process; later runs sort after earlier ones. */
export function startName(nowMs: number, pid: number): string {
  return `${nowMs.toString(36).padStart(9, '0')}-${pid}`;
}

/** The segments that lie in a folder, oldest run first, in the order in which they were written. */
export function listSegments(dir: string): (Segment & SegmentName)[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .toSorted()
    .flatMap(file => {
      const [, address, start, number] = NAME.exec(file) ?? [];
      if (address === undefined || start === undefined) return [];
      const path = join(dir, file);
      const { size: bytes } = statSync(path);
      return [{ address, start, number: Number(number), path, bytes, closed: true }];
    });
}

export interface LinesRead {
  /** Without their line feeds. */
  readonly lines: readonly Buffer[];
  /** Where to read on. */
  readonly next: number;
}

/**
 * Reads the next whole lines of a segment from a position on. Where it is closed, a last line without its line feed
 * counts as a line; a stretch longer than any line is given as one, which is damaged.
 */
export async function readLines({ path, bytes, closed }: Segment, from: number): Promise<LinesRead> {
  const chunk = await readBytes(path, from, Math.min(bytes - from, LIMITS.spoolReadBytes));
  if (chunk.length === 0) return { lines: [], next: bytes };
  const lines: Buffer[] = [];
  let start = 0;
  for (let feed = chunk.indexOf(0x0a); feed >= 0; feed = chunk.indexOf(0x0a, start)) {
    if (lines.length === LIMITS.spoolBatchEvents) return { lines, next: from + start };
    lines.push(chunk.subarray(start, feed));
    start = feed + 1;
  }
  const rest = chunk.subarray(start);
  const last = closed && from + chunk.length >= bytes;
  const endless = start === 0 && chunk.length === LIMITS.spoolReadBytes;
  if (rest.length > 0 && (last || endless)) lines.push(rest);
  return { lines, next: last ? bytes : from + (endless ? chunk.length : start) };
}

async function readBytes(path: string, from: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** True when a segment can't be read now nor later, unlike when this process is short of descriptors or memory. */
export function isUnreadable(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EIO' || code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'EISDIR';
}
