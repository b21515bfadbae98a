import type { CallEvent } from '../store/events.ts';
import { packLadder } from './archive.ts';
import type { LadderEntry } from './entries.ts';

/** Whose ladder it is, and which process saw it. */
export interface LadderOwner {
  readonly tenantId: string;
  readonly callId: string;
  /** Such as `edge` or `media-0`. */
  readonly seenBy: string;
}

/**
 * A ladder, or what one process saw of it, as events for the record. A process that was started anew and saw the rest
 * adds to what the one before it told: their events have other keys.
 */
export function ladderEvents(
  { tenantId, callId, seenBy }: LadderOwner,
  entries: readonly LadderEntry[],
): CallEvent[] {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return [];
  const at = new Date(last.atMs).toISOString();
  return packLadder(entries).map((part, number) => {
    const key = `${callId}:ladder:${seenBy}:${first.atMs}:${number}`;
    return { key, tenantId, callId, at, type: 'call.ladder', detail: { part } };
  });
}
