import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { type LadderEntry, ladderEntrySchema } from './entries.ts';

/** Ladders are kept for years: what is written later says a higher version. */
const archiveSchema = z.object({ version: z.literal(1), entries: z.array(ladderEntrySchema) });

/** A masked ladder as texts for the record: Base64 of deflated JSON, each short enough for one event; mostly one. */
export function packLadder(entries: readonly LadderEntry[]): string[] {
  if (entries.length === 0) return [];
  const packed = deflateRawSync(JSON.stringify({ version: 1, entries }));
  if (packed.length <= LIMITS.ladderPartBytes || entries.length === 1) return [packed.toString('base64')];
  const half = Math.ceil(entries.length / 2);
  return [...packLadder(entries.slice(0, half)), ...packLadder(entries.slice(half))];
}

/**
 * The ladder of a call from all that its processes packed, in the order of time.
 * @throws Error when a part is not what `packLadder` gives
 */
export function unpackLadder(parts: readonly string[]): LadderEntry[] {
  return parts.flatMap(unpackPart).toSorted((a, b) => a.atMs - b.atMs);
}

function unpackPart(part: string): LadderEntry[] {
  const json = inflateRawSync(Buffer.from(part, 'base64'), { maxOutputLength: LIMITS.ladderUnpackedBytes });
  return archiveSchema.parse(JSON.parse(json.toString())).entries;
}
