/** A message that is sent again at doubling intervals until something stops it (RFC 3261 §17.1.1.2 and §17.1.2.2). */
export interface Resend {
  send(): void;
  /** No answer within 64·T1. */
  gaveUp(): void;
  /** The interval grows up to this; infinite for an INVITE. */
  readonly mostIntervalMs: number;
}

const T1_MS = 500;
export const T2_MS = 4000;
const TIMEOUT_IN_T1 = 64;

interface Waiting {
  nextMs: number;
  intervalMs: number;
  readonly deadlineMs: number;
}

/** All retransmissions of all calls, looked through every few milliseconds instead of a timer for each. */
export class Resends {
  readonly #waiting = new Map<Resend, Waiting>();
  readonly #t1Ms: number;

  constructor(t1Ms: number = T1_MS) {
    this.#t1Ms = t1Ms;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Sends it now, and again until it is removed. */
  start(resend: Resend, nowMs: number): void {
    const deadlineMs = nowMs + this.#t1Ms * TIMEOUT_IN_T1;
    this.#waiting.set(resend, { nextMs: nowMs + this.#t1Ms, intervalMs: this.#t1Ms, deadlineMs });
    resend.send();
  }

  stop(resend: Resend): void {
    this.#waiting.delete(resend);
  }

  sweep(nowMs: number): void {
    for (const [resend, waiting] of this.#waiting) {
      if (nowMs >= waiting.deadlineMs) {
        this.#waiting.delete(resend);
        resend.gaveUp();
      } else if (nowMs >= waiting.nextMs) {
        waiting.intervalMs = Math.min(waiting.intervalMs * 2, resend.mostIntervalMs);
        waiting.nextMs = nowMs + waiting.intervalMs;
        resend.send();
      }
    }
  }
}
