import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Get } from '../own_api.ts';

/** Events reach the record through a spool; by then they have. */
const WITHIN_MS = 5_000;
const POLL_MS = 200;

const callList = z.object({ calls: z.array(z.object({ callId: z.string() })).max(2) });

/**
 * The id under which the node that was called keeps the record of a SIP dialog; undefined when it has none, or does not
 * answer.
 */
export async function findRecord(
  get: Get,
  sipCallId: string,
  withinMs: number = WITHIN_MS,
): Promise<string | undefined> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const answer = await get(`/api/calls?limit=2&sipCallId=${encodeURIComponent(sipCallId)}`).catch(
      () => undefined,
    );
    if (answer?.ok !== true) return undefined;
    const [first, second] = callList.parse(await answer.json()).calls;
    // A second one would mean that the id was used twice: neither is certain to be this call.
    if (first !== undefined) return second === undefined ? first.callId : undefined;
    if (performance.now() > untilMs) return undefined;
    await delay(POLL_MS);
  }
}
