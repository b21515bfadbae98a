import { Headers } from '../message/headers.ts';
import { paramValue, parseParams } from '../message/params.ts';
import type { Refusal } from '../message/screen.ts';
import { parseNumber } from '../message/syntax.ts';
import type { SessionTimerOptions } from './handler.ts';
import type { SessionTimerState } from './session.ts';

/** Option tag of session timers (RFC 4028 §3). */
export const TIMER_TAG = 'timer';
/** No shorter interval may be asked for (RFC 4028 §4). */
const LEAST_SE_S = 90;
/** A longer interval counts as this one: the least often that a dead far end is looked for. */
const MOST_SE_S = 86_400;
/** The grammar has no end. */
const MOST_SAID_S = 2 ** 32 - 1;

interface SessionExpires {
  readonly expiresS: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Session-Expires (RFC 4028 §4); `undefined` when there is none that can be read. */
function readSessionExpires(headers: Headers): SessionExpires | undefined {
  const value = headers.get('session-expires') ?? '';
  const cut = value.indexOf(';');
  const saidS = parseNumber((cut < 0 ? value : value.slice(0, cut)).trim(), MOST_SAID_S);
  const params = parseParams(cut < 0 ? '' : value.slice(cut));
  if (saidS === undefined || params === undefined) return undefined;
  const expiresS = Math.min(saidS, MOST_SE_S);
  const said = paramValue(params, 'refresher')?.toLowerCase();
  return { expiresS, refresher: said === 'uac' || said === 'uas' ? said : undefined };
}

/** Min-SE (RFC 4028 §5); the least of the RFC when there is none. */
export function readMinSe(headers: Headers): number {
  const [digits = ''] = (headers.get('min-se') ?? '').split(';', 1);
  return Math.min(Math.max(parseNumber(digits.trim(), MOST_SAID_S) ?? 0, LEAST_SE_S), MOST_SE_S);
}

/** The header fields of a request that asks for a timer, or keeps the one there is with its refresher (§7.1, §7.4). */
export function askTimer(headers: Headers, expiresS: number, minSeS: number, now?: SessionTimerState): void {
  const refresher = now === undefined ? '' : `;refresher=${now.refresher === 'local' ? 'uac' : 'uas'}`;
  headers.set('Session-Expires', `${expiresS}${refresher}`).set('Min-SE', String(minSeS));
}

/** What a 2xx to our INVITE or UPDATE made of it (§7.2); `undefined`: the session does not expire. */
export function timerOfResponse(
  headers: Headers,
  { minSeS }: SessionTimerOptions,
): SessionTimerState | undefined {
  const said = readSessionExpires(headers);
  if (said === undefined) return undefined;
  // Less than what was asked for as the least is a mistake that must not make this end send all the time.
  const expiresS = Math.max(said.expiresS, minSeS);
  return { expiresS, refresher: said.refresher === 'uas' ? 'remote' : 'local' };
}

/**
 * What our 2xx to an INVITE or UPDATE makes of it (§9): the interval at most ours and at least what the caller allows,
 * the refresher as it asks, else the caller where it can and this end where it cannot.
 * @returns a refusal with 422 for an interval below our least
 */
export function answerTimer(
  request: Headers,
  { expiresS: ours, minSeS }: SessionTimerOptions,
): Refusal | SessionTimerState {
  const asked = readSessionExpires(request);
  const supports = request.list('supported').some(tag => tag.toLowerCase() === TIMER_TAG);
  // Who does not know timers did not write the header itself, and cannot read a 422.
  if (asked !== undefined && supports && asked.expiresS < minSeS)
    return { status: 422, headers: Headers.of({ 'Min-SE': String(minSeS) }) };
  const least = Math.max(minSeS, readMinSe(request));
  const expiresS = Math.max(Math.min(asked?.expiresS ?? ours, ours), least);
  const callerRefreshes = supports && asked?.refresher !== 'uas';
  return { expiresS, refresher: callerRefreshes ? 'remote' : 'local' };
}

/** The header fields of that 2xx (§9). */
export function sayTimer(headers: Headers, { expiresS, refresher }: SessionTimerState): void {
  headers.set('Session-Expires', `${expiresS};refresher=${refresher === 'remote' ? 'uac' : 'uas'}`);
  if (refresher === 'remote') headers.append('Require', TIMER_TAG);
}
