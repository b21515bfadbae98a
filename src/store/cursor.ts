import { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';

/** Where a page ended, newest first: the time and id of its last row. Opaque to readers. */
export interface Cursor {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly id: string;
}

/** SQL of a time as rows show it and cursors hold it. */
export function isoTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

const cursorSchema = z.tuple([z.iso.datetime(), z.string().min(1).max(256)]);

function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** @throws TrunklineError BAD_REQUEST for what is no cursor of ours */
export function decodeCursor(text: string): Cursor {
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { at, id };
  } catch {
    throw new TrunklineError('BAD_REQUEST', 'cursor: not one that a page gave');
  }
}

/** A page of rows of which one more than asked for was read, to know whether another page follows. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** For the next page; null on the last. */
  readonly next: string | null;
}

export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => Cursor): Page<Row> {
  const last = rows[limit - 1];
  const more = rows.length > limit && last !== undefined;
  return { rows: rows.slice(0, limit), next: more ? encodeCursor(cursorOf(last)) : null };
}
