import { flowState } from '../agent/resumption.ts';
import { LIMITS } from '../config/limits.ts';
import type { After } from '../providers/failover/timing.ts';
import { within } from '../providers/failover/timing.ts';
import type { KeptStates } from '../store/kept_states.ts';
import type { EarlierCall } from '../workflow/types.ts';
import type { CallInfo } from './thread_messages.ts';

/** A call that broke off, and its id. */
export interface Found {
  readonly callId: string;
  readonly earlier: EarlierCall;
}

/** By this attribute of a trunk's call whoever places it says which call it goes on with. */
const ATTRIBUTE = 'earlier';

/**
 * What a caller had got to who was cut off, if it is known in time: from then on nobody else is given it while this call is up.
 * Rejects where it can't be known.
 */
export async function findEarlier(
  { tenantId, callId, workflow, direction, from, to, attributes }: CallInfo,
  states: Pick<KeptStates, 'claim'>,
  after: After,
): Promise<Found | undefined> {
  const caller = direction === 'inbound' ? from : to;
  // Who withholds the number is not whoever else does.
  const isNumber = caller.replaceAll(/\D/g, '').length >= LIMITS.callerNumberDigits;
  const meant = attributes?.[ATTRIBUTE];
  const query = { by: callId, workflow, from: isNumber ? caller : undefined, callId: meant };
  if (query.from === undefined && meant === undefined) return undefined;
  const { signal } = new AbortController();
  const limits = { limitMs: LIMITS.earlierCallMs, late: () => new Error('late') };
  const found = await within(states.claim(tenantId, query), { after }, signal, limits);
  if (found === undefined || found.callId === callId) return undefined;
  const state = flowState.parse(JSON.parse(found.state));
  return { callId: found.callId, earlier: { state, minutesAgo: found.minutesAgo } };
}
