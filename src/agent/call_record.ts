import type { CallEvent, EventDetail, EventSink, EventType } from '../store/events.ts';

/** More turns than can be written down and not yet be known of elsewhere. */
const UNTOLD_TURNS = 10;

/** Numbers and stamps a call's facts on their way to the store. */
export class CallRecord {
  readonly #sink: EventSink;
  readonly #call: { readonly callId: string; readonly tenantId: string };
  readonly #nowMs: () => number;
  #series: string;
  #events = 0;
  #turns = 0;

  /** `nowMs` is the wall clock in milliseconds since the epoch; `told` is what is known of the record already. */
  constructor(
    sink: EventSink,
    call: { readonly callId: string; readonly tenantId: string },
    nowMs: () => number,
    told: { readonly events: number; readonly turns: number } = { events: 0, turns: 0 },
  ) {
    this.#sink = sink;
    this.#call = call;
    this.#nowMs = nowMs;
    this.#series = call.callId;
    this.#events = told.events;
    this.#turns = told.turns;
  }

  /** Events numbered so far. */
  get events(): number {
    return this.#events;
  }

  /** Turns numbered so far. */
  get turns(): number {
    return this.#turns;
  }

  /**
   * Goes on with the record of a process that was lost, the `times`th one. Events are numbered in a row of their own, and
   * turns far enough from those known of: more may be on that process's disk.
   */
  resume(times: number, turns: number): void {
    this.#series = `${this.#call.callId}:${times}`;
    this.#events = 0;
    this.#turns = turns + UNTOLD_TURNS;
  }

  append<T extends EventType>(type: T, detail: EventDetail<T>): void {
    const { callId, tenantId } = this.#call;
    this.#events += 1;
    this.#sink.append({
      key: `${this.#series}:${this.#events}`,
      tenantId,
      callId,
      at: new Date(this.#nowMs()).toISOString(),
      type,
      detail,
    } as CallEvent);
  }

  /** Numbers the turns of both sides in one row, from 1. */
  nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }
}
