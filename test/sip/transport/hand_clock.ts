import type { Alarm, Clock } from '../../../sip/clock.ts';

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly ring: () => void;
}

/** A clock that a test turns by hand. */
export class HandClock implements Clock {
  #nowMs = 0;
  #count = 0;
  readonly #waiting = new Set<Waiting>();

  nowMs(): number {
    return this.#nowMs;
  }

  /** Alarms that will still ring. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How long until the next alarm rings. */
  get nextInMs(): number | undefined {
    const times = [...this.#waiting].map(({ atMs }) => atMs);
    return times.length === 0 ? undefined : Math.min(...times) - this.#nowMs;
  }

  after(delayMs: number, ring: () => void): Alarm {
    const alarm = { atMs: this.#nowMs + delayMs, order: this.#count++, ring };
    this.#waiting.add(alarm);
    return { cancel: () => this.#waiting.delete(alarm) };
  }

  /** Lets time pass; alarms ring in their order, each at its moment. */
  turn(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#waiting]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#nowMs = next.atMs;
      next.ring();
    }
    this.#nowMs = untilMs;
  }
}
