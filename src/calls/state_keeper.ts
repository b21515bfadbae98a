import type { CallRecord } from '../agent/call_record.ts';
import { LIMITS } from '../config/limits.ts';
import type { FlowState } from '../workflow/types.ts';

interface StateKeeperParts {
  readonly record: CallRecord;
  /** For so long a call may be taken up that breaks off in this state; undefined where none is. */
  resumeMinutes(state: FlowState): number | undefined;
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
}

/** Keeps where a call stands, should it break off and the caller call again; forgets it when there is nothing to take up. */
export class StateKeeper {
  readonly #parts: StateKeeperParts;
  #last = '';
  /** The call that this one takes up, as long as that is not settled. */
  #earlier: string | undefined;

  constructor(parts: StateKeeperParts) {
    this.#parts = parts;
  }

  /** That call is taken up here, if the caller wants to. */
  takesUp(callId: string): void {
    this.#earlier = callId;
  }

  /** That call, as long as nobody knows whether this one goes on with it. */
  get unsettled(): string | undefined {
    return this.#earlier;
  }

  keep(state: FlowState): void {
    const { record, resumeMinutes, nowMs } = this.#parts;
    const minutes = resumeMinutes(state);
    if (minutes === undefined) return;
    // The workflow still asks whether to go on: what there is to go on with is kept with that call.
    if (this.#earlier !== undefined && state.memory.earlier !== undefined) return;
    if (this.#earlier !== undefined) record.append('call.tookUp', { earlier: this.#earlier });
    this.#earlier = undefined;
    const isOver = state.done || Object.keys(state.slots).length === 0;
    const text = isOver ? '' : JSON.stringify(state);
    if (text === this.#last || text.length > LIMITS.keptStateCharacters) return;
    this.#last = text;
    const keepUntil = new Date(nowMs() + minutes * 60_000).toISOString();
    record.append('state.kept', { workflow: state.workflow, keepUntil, ...(text !== '' && { state: text }) });
  }
}
