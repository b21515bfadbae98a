import type { Ending } from '../../sip/session/session.ts';
import type { LegEnding } from '../ipc/messages.ts';

const BUSY = new Set([486, 600]);
const DECLINED = new Set([603, 607, 608]);
const NOT_ANSWERED = new Set([408, 480, 487]);
const UNREACHABLE = new Set([404, 410, 484, 502, 503, 504, 604]);
type RefusedReason = Extract<
  LegEnding['reason'],
  'busy' | 'declined' | 'noAnswer' | 'unreachable' | 'rejected'
>;

/** Causes of ITU-T Q.850 that say more than the status with which gateways bring them (RFC 3398 §7.2.4.1). */
const CAUSES: ReadonlyMap<number, LegEnding['reason']> = new Map([
  [17, 'busy'],
  [18, 'noAnswer'],
  [19, 'noAnswer'],
  [21, 'declined'],
]);

/** How a call of this end came to its end, with the status and cause that its far end gave. */
export function legEndingOf(ending: Ending, wasAnswered: boolean): LegEnding {
  const { status, reasons } = ending;
  const cause = reasons.find(({ protocol }) => protocol.toUpperCase() === 'Q.850')?.cause;
  return {
    reason: wasAnswered ? reasonAfterAnswer(ending) : reasonBeforeAnswer(ending, cause),
    ...(status !== undefined && status >= 300 && { status }),
    ...(cause !== undefined && cause <= 127 && { cause }),
  };
}

/** Whether another gateway may do better: this one can't be had, or says that it can't. */
export function isWorthAnotherTry({ by, status = 0 }: Ending): boolean {
  return by === 'timeout' || by === 'error' || [408, 500, 502, 503, 504].includes(status);
}

function reasonAfterAnswer({ by }: Ending): LegEnding['reason'] {
  if (by === 'remote') return 'remoteHangup';
  return by === 'local' ? 'localHangup' : 'networkLost';
}

function reasonBeforeAnswer({ by, status = 0 }: Ending, cause: number | undefined): LegEnding['reason'] {
  if (by === 'local') return 'localHangup';
  if (by === 'timeout') return 'noAnswer';
  if (by === 'error') return 'unreachable';
  const told = cause === undefined ? undefined : CAUSES.get(cause);
  return told ?? reasonOf(status);
}

/** What a final response other than 2xx says of whoever was called. */
export function reasonOf(status: number): RefusedReason {
  if (BUSY.has(status)) return 'busy';
  if (DECLINED.has(status)) return 'declined';
  if (NOT_ANSWERED.has(status)) return 'noAnswer';
  return UNREACHABLE.has(status) ? 'unreachable' : 'rejected';
}
