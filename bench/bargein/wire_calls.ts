import { setTimeout as delay } from 'node:timers/promises';
import { CODECS } from '../wire/codec.ts';
import { placeCall } from '../wire/wire_call.ts';
import type { CallPlan } from './event.ts';
import { EventCaller } from './event_caller.ts';

/** A call that was placed over the trunk edge, and how well it was carried. */
export interface WiredCall {
  readonly plan: CallPlan;
  readonly caller: EventCaller;
  /** How late the caller's own packets were, at most. */
  readonly sendLatestMs: number;
  /** Packets of the caller given up after stalls of its own. */
  readonly sendSkipped: number;
  readonly lost: number;
  /** The agent's longest gap between packets. */
  readonly longestGapMs: number;
  /** Undefined when all its events were sent; else why not. */
  readonly fault: string | undefined;
}

const ANSWER_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
/** Calls begin so far apart, so that their packets and ticks are not all at once. */
const APART_MS = 137;
/** No call of this many events takes as long, whatever the agent does. */
const MOST_MS_OF_AN_EVENT = 40_000;

/** Places all calls, so many at once, on the line that is the target's. */
export async function playOverWire(
  plans: readonly CallPlan[],
  target: string,
  callsAtOnce: number,
  progress: (done: number) => void,
): Promise<WiredCall[]> {
  // Before the first of them has to be on time.
  const callers = plans.map(plan => new EventCaller(plan, CODECS[plan.codec].rateHz));
  const waiting = [...plans.entries()];
  const done: WiredCall[] = [];
  const line = async (_: unknown, index: number): Promise<void> => {
    await delay(index * APART_MS);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, plan] = next;
      done.push(await playOne(plan, callers[at]!, `+1555${String(at).padStart(7, '0')}`, target));
      progress(done.length);
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, line));
  return done;
}

async function playOne(
  plan: CallPlan,
  caller: EventCaller,
  fromUser: string,
  target: string,
): Promise<WiredCall> {
  let endedBy: string | undefined;
  const call = await placeCall(
    {
      target,
      fromUser,
      credentials: undefined,
      codecs: [CODECS[plan.codec]],
      localHost: '127.0.0.1',
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      signal: new AbortController().signal,
    },
    {
      provisional: () => {},
      audio: () => ({
        source: frame => caller.source(frame),
        sent: (_pcm, atMs) => caller.sent(atMs),
        received: (pcm, atMs) => caller.received(pcm, atMs),
      }),
      ended: by => {
        endedBy = by;
      },
    },
  );
  const mostMs = plan.events.length * MOST_MS_OF_AN_EVENT;
  while (call.up && !caller.isDone && call.nowMs() < mostMs) await delay(POLL_MS);
  const { sendLatestMs, sendSkipped, lost, longestGapMs } = call.stats;
  const fault = caller.isDone ? undefined : call.up ? 'it took too long' : `ended by the ${endedBy}`;
  await call.hangUp();
  return { plan, caller, sendLatestMs, sendSkipped, lost, longestGapMs, fault };
}
