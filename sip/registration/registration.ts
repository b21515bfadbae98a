import { type Alarm, type Clock, SYSTEM_CLOCK } from '../clock.ts';
import type { NameAddr } from '../message/name_addr.ts';
import type { Hop } from '../transport/transport.ts';
import type { Account } from './account.ts';
import { Backoff } from './backoff.ts';
import { REGISTRATION_LIMITS } from './limits.ts';
import {
  type RegisterOutcome,
  type RegistrarAccess,
  RegistrarClient,
  type RegistrationCause,
} from './registrar_client.ts';

/** What a registrar holds for this end. Times are the clock's. */
export interface Binding {
  /** It runs out then. */
  readonly untilMs: number;
  /** The registrar, from where calls may come. */
  readonly hop: Hop;
  /** To be preloaded, as they are, into outbound requests (RFC 3608); often none. */
  readonly serviceRoutes: readonly NameAddr[];
}

/** A try that failed; a binding of before is still good until its time. */
export interface RegistrationFailure {
  readonly cause: RegistrationCause;
  /** Of the last response, where there was one. */
  readonly status: number | undefined;
  readonly nextTryMs: number;
}

/** Who hears how it goes: each time that a registrar accepts, and each time that none does. */
export interface RegistrationEvents {
  registered(binding: Binding): void;
  failed(failure: RegistrationFailure): void;
}

export interface RegistrationOptions {
  readonly account: Account;
  readonly access: RegistrarAccess;
  readonly events: RegistrationEvents;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/**
 * Keeps one account registered (RFC 3261 §10.2): refreshes in time, tries again after failures with growing waits, and
 * gives the binding back at the end.
 */
export class Registration {
  readonly #account: Account;
  readonly #client: RegistrarClient;
  readonly #events: RegistrationEvents;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  #binding: Binding | undefined;
  #underWay: Promise<void> | undefined;
  #alarm: Alarm | undefined;

  constructor({ account, access, events, clock = SYSTEM_CLOCK, random = Math.random }: RegistrationOptions) {
    this.#account = account;
    this.#client = new RegistrarClient(account, access);
    this.#events = events;
    this.#clock = clock;
    this.#random = random;
    this.#backoff = new Backoff(random);
  }

  /** The binding in force; `undefined` where there is none, or its time is over. */
  get binding(): Binding | undefined {
    const isOver = (this.#binding?.untilMs ?? 0) <= this.#clock.nowMs();
    return isOver ? undefined : this.#binding;
  }

  start(): void {
    if (this.#underWay === undefined && !this.#ending.signal.aborted) this.#underWay = this.#try();
  }

  /** Gives the binding back, if there may be one. Resolves when that is answered, or has taken long enough. */
  async end(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#alarm?.cancel();
    if (this.#underWay === undefined && this.binding === undefined) return;
    const late = new AbortController();
    await new Promise<void>(resolve => {
      const alarm = this.#clock.after(REGISTRATION_LIMITS.removalMs, () => {
        late.abort();
        resolve();
      });
      void this.#remove(late.signal).then(() => {
        alarm.cancel();
        resolve();
      });
    });
  }

  async #try(): Promise<void> {
    const outcome = await this.#client.register(this.#account.expiresS, this.#ending.signal);
    this.#underWay = undefined;
    if (outcome.kind === 'bound') this.#bound(outcome);
    else if (!this.#ending.signal.aborted) this.#failed(outcome);
  }

  #bound({ grantedS, hop, serviceRoutes }: Extract<RegisterOutcome, { kind: 'bound' }>): void {
    const grantedMs = 1000 * grantedS;
    this.#binding = { untilMs: this.#clock.nowMs() + grantedMs, hop, serviceRoutes };
    if (this.#ending.signal.aborted) return;
    const { refreshFrom, refreshTo, leastRefreshMs } = REGISTRATION_LIMITS;
    const part = refreshFrom + (refreshTo - refreshFrom) * this.#random();
    this.#backoff.reset();
    this.#tryIn(Math.max(leastRefreshMs, part * grantedMs));
    this.#events.registered(this.#binding);
  }

  #failed(outcome: Extract<RegisterOutcome, { kind: 'failed' }>): void {
    const { cause, status, retryAfterS = 0 } = outcome;
    const leastMs = isLasting(outcome) ? REGISTRATION_LIMITS.refusedWaitMs : 0;
    const waitMs = Math.max(this.#backoff.nextMs(), 1000 * retryAfterS, leastMs);
    this.#tryIn(waitMs);
    this.#events.failed({ cause, status, nextTryMs: this.#clock.nowMs() + waitMs });
  }

  #tryIn(delayMs: number): void {
    this.#alarm = this.#clock.after(delayMs, () => this.start());
  }

  /** §10.2.2; not before the request that is under way is answered (§10.2). */
  async #remove(signal: AbortSignal): Promise<void> {
    await this.#underWay;
    if (this.binding === undefined) return;
    this.#binding = undefined;
    await this.#client.register(0, signal);
  }
}

/** Whether only somebody's hand mends it: all refusals but the registrar's own troubles (5xx). */
function isLasting({ cause, status = 0 }: Extract<RegisterOutcome, { kind: 'failed' }>): boolean {
  return cause === 'credentials' || (cause === 'refused' && (status < 500 || status >= 600));
}
