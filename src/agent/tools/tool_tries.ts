import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../config/limits.ts';
import { retryAfterMs } from '../../providers/provider_fault.ts';
import type { Tool } from '../../workflow/tools.ts';
import type { ToolFault, ToolOutcome } from './tool_answer.ts';
import type { Tried } from './tool_try.ts';

interface TryTurn {
  readonly timeoutMs: number;
  /** A kept connection was found closed: this one is to be new. */
  readonly isFresh: boolean;
}

/** Refusals, after which nothing was done (RFC 9110 §15.5, §15.6.2, §15.6.4). */
const isRefusal = (status: number) =>
  (status >= 400 && status < 500 && status !== 408 && status !== 409) || status === 501 || status === 503;

/**
 * Tries until it is done, can't be, or may not be tried again: only what may be done twice, or what the receiver knows by
 * its key, is. Never rejects where `attempt` does not.
 */
export async function runTries(
  tool: Tool,
  stop: AbortSignal,
  attempt: (turn: TryTurn) => Promise<Tried>,
): Promise<ToolOutcome> {
  const { spec, isIdempotent } = tool;
  const beganMs = performance.now();
  let isFresh = false;
  let mayBeDone = false;
  for (let attempts = 1; ; attempts += 1) {
    const leftMs = LIMITS.toolRunMs - (performance.now() - beganMs);
    const tried = await attempt({ timeoutMs: Math.min(spec.timeoutMs, leftMs), isFresh });
    if ('fault' in tried && tried.metClosedConnection && !isFresh) {
      isFresh = true;
      attempts -= 1;
      continue;
    }
    const httpStatus = tried.status;
    const why = faultOf(tried);
    if (why === undefined)
      return { status: 'done', data: 'data' in tried ? tried.data : null, attempts, httpStatus };
    mayBeDone ||= !isIdempotent && wasPerhapsDone(tried);
    const pauseMs = pauseAfter(tried, why, attempts, tool);
    const hasTime = performance.now() - beganMs + (pauseMs ?? 0) < LIMITS.toolRunMs;
    const goesOn = pauseMs !== undefined && hasTime && attempts <= spec.retries;
    if (!goesOn || !(await pause(pauseMs, stop)))
      return {
        status: mayBeDone ? 'unknown' : 'failed',
        why: stop.aborted ? 'cancelled' : why,
        attempts,
        httpStatus,
      };
  }
}

function faultOf(tried: Tried): ToolFault | undefined {
  if ('fault' in tried) return tried.fault;
  const { status } = tried;
  if (status >= 200 && status < 300) return undefined;
  if (status < 400) return 'redirected';
  return status < 500 && status !== 408 && status !== 429 ? 'refused' : 'unavailable';
}

function wasPerhapsDone(tried: Tried): boolean {
  return 'fault' in tried ? tried.wasSent : !isRefusal(tried.status);
}

/** Milliseconds until another try is worth it; undefined where none is. */
function pauseAfter(tried: Tried, why: ToolFault, attempts: number, { isKeyed }: Tool): number | undefined {
  const isForNow = ['unreachable', 'lost', 'timeout', 'unavailable'].includes(why);
  // 409: the request that came before with this key is still under way (§2.6 of the draft).
  if (!isForNow && !(tried.status === 409 && isKeyed)) return undefined;
  const ownMs = LIMITS.toolRetryMs * 2 ** (attempts - 1) * (0.75 + Math.random() / 2);
  const askedMs = 'retryAfter' in tried ? retryAfterMs(tried.retryAfter, Date.now()) : undefined;
  if (askedMs !== undefined && askedMs > LIMITS.toolRetryMostMs) return undefined;
  return Math.min(Math.max(ownMs, askedMs ?? 0), LIMITS.toolRetryMostMs);
}

/** False when it was stopped. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
