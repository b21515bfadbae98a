import { existsSync, readdirSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
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
 * Reads whole lines from a position up to `end`. Where the file is closed, a last line without its line feed counts as
 * a line; a stretch longer than any line is given as one, which is damaged.
 */
export async function readLines(
  handle: FileHandle,
  from: number,
  end: number,
  closed: boolean,
): Promise<LinesRead> {
  const length = Math.min(end - from, LIMITS.spoolReadBytes);
  const chunk = Buffer.alloc(length);
  const { bytesRead } = await handle.read(chunk, 0, length, from);
  if (bytesRead === 0) return { lines: [], next: end };
  const bytes = chunk.subarray(0, bytesRead);
  const lines: Buffer[] = [];
  let start = 0;
  for (let feed = bytes.indexOf(0x0a); feed >= 0; feed = bytes.indexOf(0x0a, start)) {
    if (lines.length === LIMITS.spoolBatchEvents) return { lines, next: from + start };
    lines.push(bytes.subarray(start, feed));
    start = feed + 1;
  }
  const rest = bytes.subarray(start);
  const last = closed && from + bytesRead >= end;
  const endless = start === 0 && bytesRead === LIMITS.spoolReadBytes;
  if (rest.length > 0 && (last || endless)) lines.push(rest);
  return { lines, next: last ? end : from + (endless ? bytesRead : start) };
}
