import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Get } from '../own_api.ts';
import { parseWav } from '../wire/wav.ts';
import type { Leg } from './alignment.ts';

export interface KeptRecording {
  readonly caller: Leg;
  readonly agent: Leg;
  /** Media time of its first sample, in milliseconds since the node answered. */
  readonly startMs: number;
  readonly durationMs: number;
}

const WITHIN_MS = 30_000;
const POLL_MS = 500;

const callList = z.object({
  calls: z.array(z.object({ callId: z.string(), endedAt: z.string().nullable() })),
});
const callDetail = z.object({
  recordings: z.array(
    z.object({ url: z.string(), startMs: z.number().nullable(), durationMs: z.number().nullable() }),
  ),
});

/**
 * The recording of the newest call from a number, once that call is over.
 * @throws Error when there is none
 */
export async function keptRecording(get: Get, from: string): Promise<KeptRecording> {
  const list = async () =>
    callList.parse(await json(await get(`/api/calls?limit=1&from=${encodeURIComponent(from)}`)));
  const untilMs = performance.now() + WITHIN_MS;
  let { calls } = await list();
  while (typeof calls[0]?.endedAt !== 'string') {
    if (performance.now() > untilMs) throw new Error(`no call from ${from} has come to its end`);
    await delay(POLL_MS);
    ({ calls } = await list());
  }
  const { recordings } = callDetail.parse(await json(await get(`/api/calls/${calls[0].callId}`)));
  const [recording] = recordings;
  if (recording === undefined || recording.startMs === null || recording.durationMs === null)
    throw new Error('the call was not recorded');
  const answer = await get(recording.url);
  const { rateHz, channels } = parseWav(Buffer.from(await answer.arrayBuffer()));
  const leg = (index: number): Leg => ({ pcm: channels[index] ?? new Int16Array(), rateHz });
  const { startMs, durationMs } = recording;
  return { caller: leg(0), agent: leg(1), startMs, durationMs };
}

async function json(answer: Response): Promise<unknown> {
  if (!answer.ok) throw new Error(`the control plane answered ${answer.status}`);
  return answer.json();
}
