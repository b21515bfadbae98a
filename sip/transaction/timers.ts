import type { Alarm, Clock } from '../clock.ts';

/** Round trip estimate (RFC 3261 §17.1.1.1). */
export const T1_MS = 500;
/** Longest time between two sendings of a non-INVITE request or an INVITE response (§17.1.2.1). */
export const T2_MS = 4_000;
/** How long a message may stay in the network (§17.1.2.1). */
const T4_MS = 5_000;

/** Timers B, F, H, J, L, M: how long a transaction goes on without what it waits for (§17, RFC 6026). */
export const TIMEOUT_MS = 64 * T1_MS;
/** Timer D: how long copies of a final response to INVITE may come over UDP (§17.1.1.2). */
export const TIMER_D_MS = 32_000;
/** Timers I and K: how long copies of an ACK, or of a final response, may come over UDP. */
export const TIMER_I_K_MS = T4_MS;
/** An INVITE that the user has not answered by then gets a 100 (§17.2.1). */
export const TRYING_MS = 200;

/** Names of the timers in RFC 3261 §17 and RFC 6026; `Trying` and `Cancel` have none there (§17.2.1, §9.1). */
export type TimerName =
  | 'A'
  | 'B'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  | 'Trying'
  | 'Cancel';

/** The timers of one transaction. */
export class Timers {
  readonly #clock: Clock;
  readonly #running = new Map<TimerName, Alarm>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a timer; one of this name that runs is replaced. */
  start(name: TimerName, delayMs: number, fire: () => void): void {
    this.stop(name);
    const alarm = this.#clock.after(delayMs, () => {
      this.#running.delete(name);
      fire();
    });
    this.#running.set(name, alarm);
  }

  /** Fires again and again, each time after twice the time, at most `mostMs`. */
  repeat(name: TimerName, delayMs: number, mostMs: number, fire: () => void): void {
    this.start(name, delayMs, () => {
      this.repeat(name, Math.min(delayMs * 2, mostMs), mostMs, fire);
      fire();
    });
  }

  stop(name: TimerName): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const alarm of this.#running.values()) alarm.cancel();
    this.#running.clear();
  }
}
