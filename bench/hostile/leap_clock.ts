import type { Alarm, Clock } from '../../sip/clock.ts';

interface Waiting {
  readonly atMs: number;
  readonly ring: () => void;
}

/** A clock that leaps: hours of timers pass in a moment, each rings in its order. */
export class LeapClock implements Clock {
  #nowMs = 0;
  readonly #waiting = new Set<Waiting>();

  nowMs(): number {
    return this.#nowMs;
  }

  /** Alarms that will still ring. */
  get waiting(): number {
    return this.#waiting.size;
  }

  after(delayMs: number, ring: () => void): Alarm {
    const alarm = { atMs: this.#nowMs + delayMs, ring };
    this.#waiting.add(alarm);
    return { cancel: () => void this.#waiting.delete(alarm) };
  }

  leap(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#waiting]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs);
      if (due.length === 0) break;
      for (const alarm of due) {
        // One that rang before it may have called it off.
        if (!this.#waiting.delete(alarm)) continue;
        this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
        alarm.ring();
      }
    }
    this.#nowMs = untilMs;
  }
}
