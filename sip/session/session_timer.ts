import type { Alarm, Clock } from '../clock.ts';
import type { SessionTimerState } from './session.ts';

export interface SessionTimerEvents {
  /** Time to send a re-INVITE or UPDATE. */
  refresh(): void;
  /** No refresh came in time: the session is to be ended by BYE. */
  expired(): void;
}

/** Tries of a refresh that does not succeed, from half of the interval to its end. */
const REFRESH_TRIES = 4;

/**
 * The timer of a session (RFC 4028 §10), started anew by each 2xx to an INVITE or UPDATE:
 *
 *     0 ────────── ½ ──── ⅝ ──── ¾ ── … ── interval − min(32 s, ⅓) ── interval
 *               refresh  again  again           expired
 */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #events: SessionTimerEvents;
  #state: SessionTimerState | undefined;
  #refresh: Alarm | undefined;
  #expiry: Alarm | undefined;

  constructor(clock: Clock, events: SessionTimerEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  get state(): SessionTimerState | undefined {
    return this.#state;
  }

  /** Starts, or starts anew; `undefined`: the session does not expire. */
  start(state: SessionTimerState | undefined, refreshInMs = ((state?.expiresS ?? 0) * 1_000) / 2): void {
    this.stop();
    this.#state = state;
    if (state === undefined) return;
    const intervalMs = state.expiresS * 1_000;
    const graceMs = Math.min(32_000, intervalMs / 3);
    this.#expiry = this.#clock.after(intervalMs - graceMs, () => this.#events.expired());
    if (state.refresher === 'local') this.#refreshIn(refreshInMs, intervalMs / (2 * REFRESH_TRIES));
  }

  stop(): void {
    this.#state = undefined;
    this.#refresh?.cancel();
    this.#expiry?.cancel();
  }

  /** A refresh that is not answered with a 2xx is tried again while there is time. */
  #refreshIn(delayMs: number, againMs: number): void {
    this.#refresh = this.#clock.after(delayMs, () => {
      this.#refreshIn(againMs, againMs);
      this.#events.refresh();
    });
  }
}
