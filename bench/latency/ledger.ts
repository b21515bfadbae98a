import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { spreadOf } from '../caller/report.ts';
import type { Get } from '../own_api.ts';

const callPage = z.object({
  calls: z.array(z.object({ callId: z.string(), endedAt: z.string().nullable() })),
});
const instants = z.object({
  lastSoundMs: z.number(),
  endOfTurnMs: z.number(),
  sttFinalMs: z.number(),
  firstWordMs: z.number(),
  firstAudioMs: z.number(),
  firstFrameMs: z.number(),
});
const callDetail = z.object({ latencies: z.array(instants) });

const RECORDED_WITHIN_MS = 15_000;

export type Instants = z.infer<typeof instants>;

/** What the node wrote down of the turns of its calls, the oldest call and turn first. */
export async function readLedger(get: Get, calls: number): Promise<readonly (readonly Instants[])[]> {
  const ids = (await endedCalls(get, calls)).toReversed();
  return Promise.all(ids.map(async id => callDetail.parse(await json(get, `/api/calls/${id}`)).latencies));
}

/** Each instant from the caller's last sound. */
export function ledgerSpreads(turns: readonly Instants[]): Record<string, ReturnType<typeof spreadOf>> {
  const names = Object.keys(instants.shape).slice(1) as (keyof Instants)[];
  return Object.fromEntries(
    names.map(name => [name, spreadOf(turns.map(turn => turn[name] - turn.lastSoundMs))]),
  );
}

async function endedCalls(get: Get, calls: number): Promise<readonly string[]> {
  const deadline = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const page = callPage.parse(await json(get, '/api/calls'));
    const ended = page.calls.filter(({ endedAt }) => endedAt !== null).map(({ callId }) => callId);
    if (ended.length >= calls || performance.now() > deadline) return ended;
    await delay(200);
  }
}

async function json(get: Get, path: string): Promise<unknown> {
  return (await get(path)).json();
}
