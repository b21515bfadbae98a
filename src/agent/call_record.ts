import type { CallEvent, EventDetail, EventSink, EventType } from '../store/events.ts';

/** Numbers and stamps a call's facts on their way to the store. */
export class CallRecord {
  readonly #sink: EventSink;
  readonly #call: { readonly callId: string; readonly tenantId: string };
  readonly #nowMs: () => number;
  #events = 0;
  #turns = 0;

  /** `nowMs` is the wall clock in milliseconds since the epoch. */
  constructor(
    sink: EventSink,
    call: { readonly callId: string; readonly tenantId: string },
    nowMs: () => number,
  ) {
    this.#sink = sink;
    this.#call = call;
    this.#nowMs = nowMs;
  }

  append<T extends EventType>(type: T, detail: EventDetail<T>): void {
    const { callId, tenantId } = this.#call;
    this.#events += 1;
    this.#sink.append({
      key: `${callId}:${this.#events}`,
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
