import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRecord } from '../load/call_record.ts';
import { Load } from '../load/load.ts';
import type { CallScript } from '../load/script.ts';
import { CODECS } from '../wire/codec.ts';

/** How a process is ended. */
export type Blow = 'SIGKILL' | 'SIGSTOP';

/** Calls that are up when the process dies; every fourth is on hold. And calls that come while it does. */
const STANDING = 16;
const ARRIVING = 4;
const HOLD_EVERY = 4;
const HELD_FROM_MS = 1500;
const HELD_MS = 6000;
/** The standing calls have heard and recorded something by then. */
const BEFORE_MS = 4000;
/** Long enough for the process to be back, and for all to go on. */
const AFTER_MS = 5000;
/** Without a packet for so long nobody stays on the line. */
const LOST_GAP_MS = 8000;

export interface RoundResult {
  readonly calls: number;
  /** Never answered, hung up by the node, or silent for good. */
  readonly lost: number;
  /** Longest time without a packet since then, of each call that was up and not on hold; 0 below 60 ms. */
  readonly gapsMs: readonly number[];
  /** Of the calls that came meanwhile: from INVITE to 200. */
  readonly setupsMs: readonly number[];
  /** Re-INVITEs that were refused. */
  readonly refusedChanges: number;
}

/** Holds calls while `strike` ends a process of the node, and says what became of them. */
export async function strikeAmidCalls(
  target: string,
  seed: number,
  strike: () => void,
): Promise<RoundResult> {
  const load = await Load.open({ target, codec: CODECS.PCMU, seed, script: scriptOf });
  try {
    await load.place({ calls: STANDING, callsPerSecond: 20 });
    await sleep(BEFORE_MS);
    const arrived = load.place({ calls: ARRIVING, callsPerSecond: 100 });
    const struckMs = performance.now();
    strike();
    await arrived;
    await sleep(AFTER_MS);
    const before = load.records.filter(({ endedBy }) => endedBy === 'remote').length;
    await load.hangUp();
    return resultOf(load.records, before, struckMs);
  } finally {
    load.close();
  }
}

/** All of them agree to be recorded. */
function scriptOf(index: number): CallScript {
  const consent = [{ do: 'wait', ms: 500 } as const, { do: 'press', keys: '1' } as const];
  const hold = [
    { do: 'wait', ms: HELD_FROM_MS } as const,
    { do: 'hold' } as const,
    { do: 'wait', ms: HELD_MS } as const,
    { do: 'resume' } as const,
  ];
  return { steps: isHeld(index) ? [...consent, ...hold] : consent, goesRound: false };
}

function isHeld(index: number): boolean {
  return index < STANDING && index % HOLD_EVERY === 0;
}

function resultOf(records: readonly CallRecord[], hungUpByNode: number, struckMs: number): RoundResult {
  const gapOf = ({ reception }: CallRecord): number =>
    Math.max(
      0,
      ...(reception?.gaps ?? [])
        .filter(({ atMs, lengthMs }) => atMs + lengthMs > struckMs)
        .map(({ lengthMs }) => lengthMs),
    );
  const answered = records.filter(({ outcome }) => outcome === 'answered');
  const silent = answered.filter(record => gapOf(record) > LOST_GAP_MS);
  const standing = answered.filter(({ index }) => index < STANDING && !isHeld(index));
  return {
    calls: records.length,
    lost: records.length - answered.length + hungUpByNode + silent.length,
    gapsMs: standing.map(gapOf),
    setupsMs: answered.filter(({ index }) => index >= STANDING).flatMap(({ setupMs }) => setupMs ?? []),
    refusedChanges: records
      .flatMap(({ replies }) => replies)
      .filter(({ method, status }) => method === 'INVITE' && status >= 300).length,
  };
}
