import { parseNumber } from '../message/syntax.ts';
import { SESSION_LIMITS } from './limits.ts';

/** Waits are whole tens of milliseconds (RFC 3261 §14.1). */
const UNIT_MS = 10;

/**
 * How long to wait after a 491 (§14.1): 2.1 to 4 s for the end that made the Call-ID, 0 to 2 s for the other, so that
 * one of both comes first.
 * @param random in [0, 1)
 */
export function glareWaitMs(ownsCallId: boolean, random: () => number): number {
  const leastMs = ownsCallId ? 2_100 : 0;
  const mostMs = ownsCallId ? 4_000 : 2_000;
  const steps = (mostMs - leastMs) / UNIT_MS + 1;
  return leastMs + Math.floor(random() * steps) * UNIT_MS;
}

/** Retry-After of a 500 to a request that came too early, seconds (§14.2: a random 0 to 10). */
export function overlapRetryAfterS(random: () => number): number {
  return Math.floor(random() * 11);
}

/** Retry-After as a far end says it (§20.33), milliseconds; `undefined` without one, or beyond what is waited for. */
export function retryAfterMs(value: string | undefined): number | undefined {
  const [, digits = ''] = /^(\d+)(?:\s*[;(]|\s*$)/.exec(value ?? '') ?? [];
  const seconds = parseNumber(digits, SESSION_LIMITS.retryAfterS);
  return seconds === undefined ? undefined : seconds * 1_000;
}
