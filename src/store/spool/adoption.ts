import type { CallEvent } from '../events.ts';
import { type SealedEvent, sealedEventSchema } from '../sealing.ts';
import { decodeLine } from './lines.ts';
import { type LiveCall, segmentHeadSchema, trackCall } from './live_calls.ts';
import { isUnreadable, listSegments, readLines, type Segment, type SegmentName } from './segments.ts';

/** What is left of a recording whose process died. */
interface RecordingRemains {
  readonly durationMs: number;
  readonly bytes: number;
}

/** Looks up a recording by its file name below the recordings folder; undefined when nothing is left. */
export type FindRemains = (file: string) => Promise<RecordingRemains | undefined>;

export interface Orphans {
  /** In the order in which they are to be shipped. */
  readonly segments: readonly Segment[];
  /** The calls that were live when their process died. */
  readonly calls: readonly LiveCall[];
}

/**
 * Takes over what dead processes left in the spool.
 * @param isOrphan whether the process with that address, in another run than this one, is dead
 */
export async function adoptOrphans(dir: string, isOrphan: (address: string) => boolean): Promise<Orphans> {
  const segments = listSegments(dir).filter(({ address }) => isOrphan(address));
  const runs = [...Map.groupBy(segments, ({ address, start }) => `${address}.${start}`).values()];
  const calls: LiveCall[] = [];
  for (const [index, run] of runs.entries()) {
    const live = await liveAtDeath(run);
    // A later run of the process has listed those that are not settled, before all else.
    const isLast = runs[index + 1]?.[0]?.address !== run[0]?.address;
    calls.push(...live.filter(({ mayLiveOn }) => isLast || mayLiveOn !== true));
  }
  return { segments, calls };
}

/** The calls that were live when a run ended: the latest list of them, and what happened since. */
async function liveAtDeath(run: readonly (Segment & SegmentName)[]): Promise<LiveCall[]> {
  const later: SealedEvent[][] = [];
  let live: readonly LiveCall[] = [];
  for (const segment of run.toReversed()) {
    const { head, events } = await readSegment(segment);
    later.unshift(events);
    if (head === undefined) continue;
    live = head;
    break;
  }
  const table = new Map(live.map(call => [call.callId, call]));
  for (const event of later.flat()) trackCall(table, event);
  return [...table.values()];
}

/** What can be read of a segment. That the rest can't is found again, and told, by whoever ships it. */
async function readSegment(
  segment: Segment,
): Promise<{ head: LiveCall[] | undefined; events: SealedEvent[] }> {
  const events: SealedEvent[] = [];
  let head: LiveCall[] | undefined;
  try {
    for (let position = 0; position < segment.bytes; ) {
      const { lines, next } = await readLines(segment, position);
      for (const line of lines) {
        const value = decodeLine(line);
        const event = sealedEventSchema.safeParse(value);
        if (event.success) events.push(event.data);
        else head ??= segmentHeadSchema.safeParse(value).data?.live;
      }
      position = next;
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return { head, events };
}

/**
 * The end of a call that was live when its process died. The keys don't change, so that an adoption that is itself cut
 * short adds nothing twice, nor that of several processes that had the call one after the other.
 */
export async function endsOf(call: LiveCall, findRemains: FindRemains): Promise<CallEvent[]> {
  const { tenantId, callId, recording, lastAt, answeredAt } = call;
  const common = { tenantId, callId, at: lastAt };
  const durationMs = answeredAt === undefined ? 0 : Math.max(0, Date.parse(lastAt) - Date.parse(answeredAt));
  const remains = recording === undefined ? undefined : await findRemains(recording);
  const ends: CallEvent[] = [];
  if (recording !== undefined && remains !== undefined) {
    const detail = { file: recording, durationMs: remains.durationMs, bytes: remains.bytes };
    ends.push({ ...common, key: `${callId}:recordingLost`, type: 'recording.ended', detail });
  }
  ends.push({
    ...common,
    key: `${callId}:mediaLost`,
    type: 'call.ended',
    detail: { disposition: 'FAILED', reason: 'mediaLost', durationMs, framesConcealed: 0, framesDropped: 0 },
  });
  return ends;
}
