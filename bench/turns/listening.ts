import { FRAME_MS, frameLength } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { DEFAULT_TURN_POLICY, TurnTaker } from '../../pipeline/turn/turn_taker.ts';
import { createUplink, type Uplink } from '../../pipeline/uplink.ts';
import type { AskedStep } from '../../src/agent/endpointing.ts';
import { type LabelledCall, type LabelledTurn, RATE_HZ } from './callers.ts';

/** Decides for how long to wait; told what a conversation is told. */
export interface Rule {
  readonly pauseMs: number;
  asked(step: AskedStep): void;
  partial(words: readonly string[], atMs: number): void;
  turn(event: TurnEvent): void;
}

/** What a rule made of a turn. */
export interface Outcome {
  readonly turn: LabelledTurn;
  /** Ended at least once before its last sound. */
  readonly isCut: boolean;
  /** From its last sound to when it was ended; undefined when it never was. */
  readonly delayMs: number | undefined;
}

const NOBODY = { write: () => undefined };
const NO_ACTION = (): void => undefined;

/**
 * One call through the uplink and the speech detector of calls while the agent is silent, once for all rules: each has turn
 * taking of its own behind it. Outcomes by rule, in the order of the turns.
 */
export function hearCall(call: LabelledCall, rules: readonly Rule[], shared: SharedParts): Outcome[][] {
  const [frame, far] = [new KernelFrame(shared.memory, RATE_HZ), new KernelFrame(shared.memory, RATE_HZ)];
  const policy = DEFAULT_PIPELINE_POLICY;
  const uplink = createUplink(RATE_HZ, { shared, far, policy, recorder: NOBODY, recogniser: NOBODY });
  const takers = rules.map(rule => new RuledTurns(rule, uplink));
  const told = new Told(call.turns, rules);
  const length = frameLength(RATE_HZ);
  for (let at = 0; at + length <= call.samples.length; at += length) {
    const nowMs = (at / length + 1) * FRAME_MS;
    told.until(nowMs - FRAME_MS);
    frame.samples.set(call.samples.subarray(at, at + length));
    uplink.chain.process(frame);
    shared.tick([uplink.voice]);
    for (const taker of takers) taker.step(nowMs, uplink);
  }
  for (const part of [uplink.chain, frame, far]) part.close();
  return takers.map(({ endedMs }) => outcomes(call.turns, endedMs));
}

/** Turn taking with one rule; what the rule says counts from the next tick on. */
class RuledTurns {
  readonly endedMs: number[] = [];
  readonly #rule: Rule;
  readonly #taker: TurnTaker;
  #pauseMs = -1;

  constructor(rule: Rule, uplink: Uplink) {
    this.#rule = rule;
    const emit = (event: TurnEvent): void => {
      if (event.type === 'turnEnded') this.endedMs.push(event.atMs);
      rule.turn(event);
    };
    const actions = { duck: NO_ACTION, hold: NO_ACTION, resume: NO_ACTION, cut: () => 0, emit };
    this.#taker = new TurnTaker(uplink.levels, actions, uplink);
  }

  step(nowMs: number, { voice }: Uplink): void {
    const { pauseMs } = this.#rule;
    if (pauseMs !== this.#pauseMs) {
      this.#pauseMs = pauseMs;
      this.#taker.policy = { ...DEFAULT_TURN_POLICY, endOfTurnPauseMs: pauseMs };
    }
    this.#taker.step(nowMs, voice, false);
  }
}

/** Tells all rules what was asked and what was understood, when it is time. */
class Told {
  readonly #notes: readonly { readonly atMs: number; readonly tell: (rule: Rule) => void }[];
  readonly #rules: readonly Rule[];
  #next = 0;

  constructor(turns: readonly LabelledTurn[], rules: readonly Rule[]) {
    this.#rules = rules;
    this.#notes = turns.flatMap(({ askedMs, step, partials }) => [
      { atMs: askedMs, tell: rule => rule.asked(step) },
      ...partials.map(({ atMs, words }) => ({ atMs, tell: (rule: Rule) => rule.partial(words, atMs) })),
    ]);
  }

  until(nowMs: number): void {
    for (
      let note = this.#notes[this.#next];
      note !== undefined && note.atMs <= nowMs;
      note = this.#notes[this.#next]
    ) {
      for (const rule of this.#rules) note.tell(rule);
      this.#next += 1;
    }
  }
}

/** Decisions belong to the turn that was asked for last. */
function outcomes(turns: readonly LabelledTurn[], endedMs: readonly number[]): Outcome[] {
  return turns.map((turn, index) => {
    const nextMs = turns[index + 1]?.askedMs ?? Infinity;
    const after = endedMs.find(atMs => atMs >= turn.endMs && atMs < nextMs);
    return {
      turn,
      isCut: endedMs.some(atMs => atMs > turn.startMs && atMs < turn.endMs),
      delayMs: after === undefined ? undefined : after - turn.endMs,
    };
  });
}
