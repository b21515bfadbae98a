import type { ConversationEnd } from '../agent/farewell.ts';
import type { LineEndReason } from '../lines/line.ts';
import type { EventDetail } from '../store/events.ts';
import type { ToCall } from './thread_messages.ts';

export type LineEnded = Extract<ToCall, { type: 'lineEnded' }>;

/** Reasons for which a line is lost rather than hung up. */
const LOST: ReadonlySet<LineEndReason> = new Set(['networkLost', 'noMedia', 'rejected']);

/** How a call ended, for its record; its line began at `startMs` of it. */
export function endingOf(
  { reason, atMs, stats }: LineEnded,
  outcome: ConversationEnd,
  startMs: number,
): EventDetail<'call.ended'> {
  const isLost = outcome.reason === undefined && LOST.has(reason);
  return {
    disposition: outcome.failed || isLost ? 'FAILED' : 'COMPLETED',
    reason: outcome.reason ?? reason,
    durationMs: startMs + atMs,
    framesConcealed: stats.framesConcealed,
    framesDropped: stats.framesDropped,
  };
}
