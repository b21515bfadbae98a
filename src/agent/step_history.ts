import { LIMITS } from '../config/limits.ts';
import {
  describeOutcome,
  type HistoryBegun,
  type HistoryEntry,
  packEntry,
} from '../workflow/replay/history.ts';
import { applyInputs, type Outcome } from '../workflow/replay/inputs.ts';
import {
  CARDS,
  digestOf,
  type Masking,
  maskedInput,
  maskedSince,
  NUMBERS,
} from '../workflow/replay/masked.ts';
import { FlowTrace, type Path } from '../workflow/replay/trace.ts';
import type { Flow, FlowState } from '../workflow/types.ts';
import { withoutCard } from '../workflow/understand/intents/mask_card.ts';
import type { CallRecord } from './call_record.ts';
import type { Reply } from './reply.ts';

interface StepHistoryParts {
  readonly record: CallRecord;
  /** Media time in milliseconds. */
  nowMs(): number;
}

/**
 * Writes down by what a workflow was led from one state to the next, so that each step can be done once more. Only states that were
 * reached count. Numbers of cards are in none of it: where one was told, what is written down led to a state of its own, which is
 * that of the call but for the number, and the steps that follow are those from there.
 */
export class StepHistory {
  readonly #parts: StepHistoryParts;
  readonly #trace = new FlowTrace();
  /** In place of states that a card's number led to. */
  readonly #told = new WeakMap<FlowState, FlowState>();
  /** Of states that were come to: the next step begins with one, and they hold all that was said. */
  readonly #digests = new WeakMap<FlowState, string>();
  #flow: Flow | undefined;
  #steps = 0;

  constructor(parts: StepHistoryParts) {
    this.#parts = parts;
  }

  /** The same flow; what it is led by is written down once it stands. */
  watch<F extends Flow>(flow: F): F {
    this.#flow = flow;
    return this.#trace.watch(flow);
  }

  begun(begun: Omit<HistoryBegun, 'kind'>): void {
    const { workflow, versions } = begun;
    const version = Object.hasOwn(versions, workflow) ? (versions[workflow] ?? '') : '';
    this.#append({ kind: 'begun', ...begun }, { workflow, version, stage: '' });
  }

  /** The conversation has got to that state, by that reply where it was one. */
  stood(state: FlowState, reply?: Reply): void {
    const path = this.#trace.pathTo(state, form => digestOf(this.#told.get(form) ?? form));
    if (path === undefined || this.#flow === undefined || this.#steps > LIMITS.historySteps) return;
    this.#steps += 1;
    if (this.#steps > LIMITS.historySteps) {
      this.#append({ kind: 'full' }, state);
      return;
    }
    const { from, inputs, outcome } = this.#asTold(this.#flow, path, state, maskOf(reply));
    const cameOf = describeOutcome(from, outcome);
    const step = { kind: 'step', from: this.#digests.get(from) ?? digestOf(from), cameOf } as const;
    this.#digests.set(outcome.state, cameOf.digest);
    const part = packEntry({ ...step, inputs });
    if (part !== undefined) this.#write(part, state);
    else this.#append({ ...step, inputs: null }, state);
  }

  /** The way as it may be written down, and where that leads. */
  #asTold(flow: Flow, { from, inputs, step, effects }: Path, state: FlowState, mask: Masking): Told {
    const base = this.#told.get(from) ?? from;
    const told = inputs.map(input => maskedInput(input, mask));
    const outcome = { state, step, effects };
    if (base === from && JSON.stringify(told) === JSON.stringify(inputs)) return { from, inputs, outcome };
    const led = tryInputs(flow, base, told);
    const isSame = led !== undefined && isAlike(led, outcome);
    const toldState = isSame ? led.state : maskedSince(state, from, mask);
    this.#told.set(state, toldState);
    if (isSame) return { from: base, inputs: told, outcome: led };
    return {
      from: base,
      inputs: [...told, { op: 'state', state: toldState }],
      outcome: { state: toldState, step, effects },
    };
  }

  /** What is not kept in full is not kept at all. */
  #append(entry: HistoryEntry, place: Place): void {
    const part = packEntry(entry);
    if (part !== undefined) this.#write(part, place);
  }

  #write(part: string, { workflow, version, stage }: Place): void {
    const { record, nowMs } = this.#parts;
    const mediaMs = nowMs();
    record.append('flow.stepped', { turn: record.turns, mediaMs, workflow, version, stage, part });
  }
}

type Place = Pick<FlowState, 'workflow' | 'version' | 'stage'>;

interface Told extends Pick<Path, 'from' | 'inputs'> {
  readonly outcome: Outcome;
}

function tryInputs(flow: Flow, from: FlowState, inputs: Path['inputs']): Outcome | undefined {
  try {
    return applyInputs(flow, from, inputs, () => undefined);
  } catch {
    return undefined;
  }
}

/** Whether a caller would notice no difference. */
function isAlike(one: Outcome, other: Outcome): boolean {
  const [{ state, step }, { state: is, step: did }] = [one, other];
  return (
    state.stage === is.stage &&
    state.workflow === is.workflow &&
    state.done === is.done &&
    digestOf([step?.say ?? [], one.effects]) === digestOf([did?.say ?? [], other.effects]) &&
    step?.act?.id === did?.act?.id
  );
}

/** As the transcript has what the caller said. */
function maskOf(reply: Reply | undefined): Masking {
  const { recognition, turn } = reply?.answered ?? {};
  if (recognition === undefined || turn === undefined) return CARDS;
  return turn.written === withoutCard(recognition.text) ? CARDS : NUMBERS;
}
