import type { Sound } from '../wire/onset.ts';
import type { WireStats } from '../wire/wire_call.ts';
import type { HeardQuote } from './dialogue.ts';
import type { ExpectedQuote } from './pricing.ts';
import type { SlotValues } from './script.ts';

/** One side's turn; times are milliseconds since answer, on the wire. */
export interface TurnReport {
  readonly speaker: 'agent' | 'caller';
  /** Recognised words of the agent, words or keys of the caller. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Agent: from the caller's last sound to this turn's first; undefined when the caller had not spoken in between. */
  readonly latencyMs?: number;
  /** The recogniser's confidence in the agent's words. */
  readonly confidence?: number;
}

export interface BargeInReport {
  /** The agent's turn that was cut into, counted from 1. */
  readonly turn: number;
  /** The caller's interruption, from first to last sound. */
  readonly callerStartMs: number;
  readonly callerEndMs: number;
  /** From the caller's first sound to the agent's last. */
  readonly stopMs: number;
}

export type Outcome =
  /** The agent said goodbye in the way that the script leads to. */
  | 'completed'
  /** The agent said goodbye otherwise, such as with a promise to call back. */
  | 'notCompleted'
  /** The caller did not understand the agent any more. */
  | 'gaveUp'
  /** The agent hung up without a goodbye. */
  | 'cutOff'
  /** The caller hung up as it was told to, or the time was up. */
  | 'hungUp'
  | 'notAnswered';

/** How a conversation went, whatever carried it. */
export interface TalkReport {
  readonly durationMs: number | undefined;
  readonly endedBy: 'agent' | 'caller' | undefined;
  readonly outcome: Outcome;
  /** How the agent ended it, by the workflow's own word. */
  readonly agentOutcome: string | undefined;
  readonly slots: SlotValues;
  readonly consent: boolean;
  readonly turns: readonly TurnReport[];
  readonly latencyMs: Spread | undefined;
  readonly bargeIns: readonly BargeInReport[];
  readonly quoteHeard: HeardQuote | undefined;
  readonly quoteExpected: ExpectedQuote | undefined;
  /** Whether both totals are equal; undefined when none was heard. */
  readonly quoteAgrees: boolean | undefined;
}

export interface CallReport extends TalkReport {
  /** Call-ID of the SIP dialog. */
  readonly sipCallId: string | undefined;
  /** What the far end's answer calls it, where a header says so. */
  readonly serverCallId: string | undefined;
  /** Of the record that the called node keeps; undefined where that node is not ours to ask. */
  readonly callId: string | undefined;
  readonly target: string;
  readonly seed: number;
  readonly voice: string;
  readonly codec: string | undefined;
  readonly startedAt: string;
  readonly connectMs: number | undefined;
  /** Why a call did not come about. */
  readonly failure: string | undefined;
  readonly wire: WireStats | undefined;
  readonly files: { readonly wav?: string; readonly picture?: string };
}

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Undefined for no values. Percentiles by nearest rank. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1]!);
  return { count: sorted.length, median: rank(0.5), p95: rank(0.95), max: rank(1) };
}

/**
 * The agent's last sound when it is cut into: what it was saying, and what it goes on to say after a pause of less
 * than `pauseMs` while the caller still speaks. Undefined when it was silent all along.
 */
export function lastSoundWhenCut(
  sounds: readonly Sound[],
  cut: { readonly startMs: number; readonly endMs: number },
  pauseMs: number,
): number | undefined {
  let lastMs: number | undefined;
  for (const { startMs, endMs = Number.POSITIVE_INFINITY } of sounds) {
    if (endMs < cut.startMs) continue;
    const goesOn = lastMs !== undefined && startMs < cut.endMs && startMs - lastMs < pauseMs;
    if (startMs > cut.startMs && !goesOn) break;
    lastMs = endMs;
  }
  return lastMs;
}

/** Turns in order of time, the agent's with their latencies. */
export function withLatencies(turns: readonly TurnReport[]): TurnReport[] {
  const ordered = turns.toSorted((a, b) => a.startMs - b.startMs);
  return ordered.map((turn, index) => withLatency(turn, ordered[index - 1]));
}

function withLatency(turn: TurnReport, before: TurnReport | undefined): TurnReport {
  if (turn.speaker !== 'agent' || before?.speaker !== 'caller' || before.endMs > turn.startMs) return turn;
  return { ...turn, latencyMs: Math.round(turn.startMs - before.endMs) };
}
