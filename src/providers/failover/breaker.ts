import { LIMITS } from '../../config/limits.ts';
import type { FaultKind } from '../provider_fault.ts';

export interface BreakerStatus {
  readonly state: 'closed' | 'open' | 'halfOpen';
  /** On the injected clock. */
  readonly sinceMs: number;
}

/** One request's word on the provider; the first word counts. */
export interface Permit {
  succeeded(): void;
  failed(kind: FaultKind, retryAfterMs?: number): void;
  /** Given up by us: neither success nor failure. */
  abandoned(): void;
}

/**
 * Circuit breaker of one provider (M. Nygard, Release It!, 2nd ed., "Circuit Breaker"), shared by all calls of a process.
 * LIMITS.breakerFailures in a row open it; after LIMITS.breakerOpenMs one trial decides. A provider that says when to come back
 * is believed, one that refuses the key is left alone for longer. cockatiel's has no clock but Date.now, wraps one promise
 * where an answer is a stream, counts what we give up, and knows one time for all reasons.
 */
export class Breaker {
  readonly #nowMs: () => number;
  #state: 'closed' | 'open' | 'halfOpen' = 'closed';
  #sinceMs: number;
  #failures = 0;
  #openUntilMs = 0;
  #trial: Permit | undefined;
  /** Raised when it opens or closes: what began before says nothing of the time since. */
  #epoch = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  get status(): BreakerStatus {
    this.#halfOpenWhenDue();
    return { state: this.#state, sinceMs: this.#sinceMs };
  }

  /** True where a request may go out: always while it is closed, one at a time while it is half open. */
  get allows(): boolean {
    const { state } = this.status;
    return state === 'closed' || (state === 'halfOpen' && this.#trial === undefined);
  }

  /** How long until it is half open; 0 unless it is open. */
  get opensInMs(): number {
    return this.status.state === 'open' ? this.#openUntilMs - this.#nowMs() : 0;
  }

  /** A request goes out, be it allowed or for lack of any other provider. */
  begin(): Permit {
    const { state } = this.status;
    const epoch = this.#epoch;
    let isOver = false;
    const settle = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      this.#halfOpenWhenDue();
      if (this.#trial === permit) this.#trial = undefined;
      act();
    };
    const permit: Permit = {
      succeeded: () => settle(() => this.#succeeded(epoch)),
      failed: (kind, retryAfterMs) => settle(() => this.#failed(epoch, kind, retryAfterMs)),
      abandoned: () => settle(() => {}),
    };
    if (state === 'halfOpen') this.#trial ??= permit;
    return permit;
  }

  #succeeded(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#failures = 0;
    if (this.#state !== 'closed') this.#turn('closed');
  }

  #failed(epoch: number, kind: FaultKind, retryAfterMs: number | undefined): void {
    // These two hold whenever the request began.
    if (kind === 'auth') this.#open(LIMITS.breakerAuthMs);
    else if (kind === 'rateLimited' && retryAfterMs !== undefined)
      this.#open(Math.min(retryAfterMs, LIMITS.breakerMostMs));
    else if (epoch === this.#epoch) {
      this.#failures += 1;
      if (this.#state !== 'closed' || this.#failures >= LIMITS.breakerFailures)
        this.#open(LIMITS.breakerOpenMs);
    }
  }

  #open(forMs: number): void {
    const untilMs = this.#nowMs() + forMs;
    if (this.#state === 'open') this.#openUntilMs = Math.max(this.#openUntilMs, untilMs);
    else {
      this.#openUntilMs = untilMs;
      this.#turn('open');
    }
  }

  #turn(state: 'closed' | 'open'): void {
    this.#state = state;
    this.#sinceMs = this.#nowMs();
    this.#failures = 0;
    this.#trial = undefined;
    this.#epoch += 1;
  }

  #halfOpenWhenDue(): void {
    if (this.#state !== 'open' || this.#nowMs() < this.#openUntilMs) return;
    this.#state = 'halfOpen';
    this.#sinceMs = this.#openUntilMs;
  }
}
