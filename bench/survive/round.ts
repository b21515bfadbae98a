import { setTimeout as sleep } from 'node:timers/promises';
import type { Callers } from '../density/callers.ts';
import { CODEC } from '../density/callers.ts';
import type { CallRecord } from '../load/call_record.ts';
import { Load } from '../load/load.ts';
import type { Get } from '../own_api.ts';

/** How a process is ended, or all of them are put into the place of others. One that is only stopped goes on when the node, or else the round, ends that. */
export type Blow = 'SIGKILL' | 'SIGSTOP' | 'upgrade';

export interface RoundPlan {
  readonly calls: number;
  readonly callsPerSecond: number;
  /** From the last answer to the blow, and from the blow to the hanging up. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** A call may be taken over so often: each is a restart of its stream. */
  readonly mostRestarts: number;
}

export interface RoundResult {
  readonly calls: number;
  /** Never answered, hung up by the node, or silent for good. */
  readonly callsLost: number;
  /** Calls of which the record is not complete a while after their end. */
  readonly rowsLost: number;
  /** Longest time without a packet since the blow, of each call; 0 below 60 ms. */
  readonly gapsMs: readonly number[];
  /** Calls in which packets of two sources came in turns: somebody else spoke beside the agent. */
  readonly doubleSpeech: number;
  /** The generator was late, or processors were stolen. */
  readonly invalidBecause: readonly string[];
}

/** Without a packet for so long nobody stays on the line. */
const LOST_GAP_MS = 8000;
const WRITTEN_WITHIN_MS = 60_000;
const POLL_MS = 500;

/** Holds conversations while `strike` ends a process of the node, and says what became of them and of their record. */
export async function strikeAmidTalk(
  target: string,
  callers: Callers,
  plan: RoundPlan,
  strike: (load: Load) => Promise<void>,
  api: () => Get,
): Promise<RoundResult> {
  const load = await Load.open({ target, codec: CODEC, seed: 1, idle: callers.idle, script: callers.script });
  try {
    await load.place(plan);
    await sleep(plan.beforeMs);
    const watch = load.watch();
    const struckMs = performance.now();
    const struck = strike(load);
    await sleep(plan.afterMs);
    await struck;
    const { invalidBecause } = watch.stop();
    const hungUpByNode = new Set(idsOf(load.records.filter(({ endedBy }) => endedBy === 'remote')));
    await load.hangUp();
    const { records } = load;
    const answered = records.filter(({ outcome }) => outcome === 'answered');
    return {
      calls: records.length,
      callsLost: countLost(records, hungUpByNode, struckMs),
      rowsLost: await rowsLost(answered, api),
      gapsMs: answered.map(record => gapOf(record, struckMs)),
      doubleSpeech: answered.filter(({ reception }) => (reception?.restarts ?? 0) > plan.mostRestarts).length,
      invalidBecause,
    };
  } finally {
    load.close();
  }
}

function idsOf(records: readonly CallRecord[]): string[] {
  return records.map(({ callId }) => callId);
}

/** Calls that were never answered, hung up by the node, or silent for good since the blow, each counted once. */
export function countLost(
  records: readonly CallRecord[],
  hungUpByNode: ReadonlySet<string>,
  struckMs: number,
): number {
  return records.filter(
    record =>
      record.outcome !== 'answered' ||
      hungUpByNode.has(record.callId) ||
      gapOf(record, struckMs) > LOST_GAP_MS,
  ).length;
}

function gapOf({ reception }: CallRecord, struckMs: number): number {
  const gaps = (reception?.gaps ?? []).filter(({ atMs, lengthMs }) => atMs + lengthMs > struckMs);
  return Math.max(0, ...gaps.map(({ lengthMs }) => lengthMs));
}

/** How many calls have no complete record once there was time to write them down. */
async function rowsLost(records: readonly CallRecord[], api: () => Get): Promise<number> {
  const untilMs = performance.now() + WRITTEN_WITHIN_MS;
  let left: readonly CallRecord[] = records;
  while (left.length > 0 && performance.now() < untilMs) {
    const kept = await Promise.all(left.map(({ callId }) => isComplete(callId, api).catch(() => false)));
    left = left.filter((_, at) => kept[at] !== true);
    if (left.length > 0) await sleep(POLL_MS);
  }
  return left.length;
}

/** One call of that dialog, completed, with its turns and its consent. */
async function isComplete(sipCallId: string, api: () => Get): Promise<boolean> {
  const get = api();
  const found = await get(`/api/calls?sipCallId=${encodeURIComponent(sipCallId)}`);
  const { calls } = (await found.json()) as { calls: readonly { callId: string; state: string }[] };
  const [call, ...others] = calls;
  if (call === undefined || others.length > 0 || call.state !== 'COMPLETED') return false;
  const detail = (await (await get(`/api/calls/${call.callId}`)).json()) as {
    turns: readonly unknown[];
    consents: readonly unknown[];
  };
  return detail.turns.length > 0 && detail.consents.length === 1;
}
