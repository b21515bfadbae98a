import { z } from 'zod';
import type { SealedEvent } from '../sealing.ts';

const liveCallSchema = z.object({
  tenantId: z.string(),
  callId: z.string(),
  /** Another process may have taken it over. */
  mayLiveOn: z.boolean().optional(),
  answeredAt: z.string().optional(),
  /** Time of the call's latest event. */
  lastAt: z.string(),
  /** File of a recording that has started and not ended. */
  recording: z.string().optional(),
});

/** A call that has begun and not ended, as far as its process's events tell. */
export type LiveCall = z.infer<typeof liveCallSchema>;

/** First line of every segment: the calls that were live when it was begun. */
export const segmentHeadSchema = z.strictObject({ live: z.array(liveCallSchema) });

/** A call that this process has from another one, which had answered it. */
function resumedCall({ callId, tenantId, at, detail }: SealedEvent): LiveCall {
  const answeredAt = new Date(Date.parse(at) - Number(detail.mediaMs)).toISOString();
  const { recording } = detail;
  return {
    tenantId,
    callId,
    mayLiveOn: true,
    answeredAt,
    lastAt: at,
    ...(typeof recording === 'string' && { recording }),
  };
}

/** Keeps a table of live calls by their ids in step with one more event. */
export function trackCall(live: Map<string, LiveCall>, event: SealedEvent): void {
  const { callId, tenantId, at } = event;
  if (event.type === 'call.ended') {
    live.delete(callId);
    return;
  }
  if (event.type === 'call.started') {
    const mayLiveOn = event.detail.lineKind === 'trunk';
    live.set(callId, { tenantId, callId, lastAt: at, ...(mayLiveOn && { mayLiveOn }) });
  }
  if (event.type === 'call.resumed') live.set(callId, resumedCall(event));
  const call = live.get(callId);
  if (call === undefined) return;
  call.lastAt = at;
  if (event.type === 'call.answered') call.answeredAt = at;
  if (event.type === 'recording.started') call.recording = String(event.detail.file);
  if (event.type === 'recording.ended') delete call.recording;
}
