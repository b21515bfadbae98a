import type { Attempt } from './attempt.ts';
import { faultOf, isAskersFault } from './attempt.ts';
import type { Candidate, Provider } from './candidates.ts';
import type { Rounds } from './rounds.ts';

/** Later than the p95 by so much is late: where all take equally long, none is. */
const LATE = 1.1;

export interface RaceLimits {
  /** Bounds of the time after which a second one is asked; in between the live p95 of the first counts. */
  readonly hedgeLeastMs: number;
  readonly hedgeMostMs: number;
  /** Until the first of the answer where somebody else can be asked, and where nobody can. */
  readonly attemptMs: number;
  readonly lastMs: number;
}

export interface RaceOptions<P extends Provider, R> {
  readonly rounds: Rounds<P>;
  readonly limits: RaceLimits;
  /** Resolves with the first of the answer; what it began ends with the attempt's signal. */
  readonly start: (attempt: Attempt<P>) => Promise<R>;
  /** Under way already; what it was waited for counts. */
  readonly first?: Attempt<P> | undefined;
  /** False for what wins only if nobody has better. */
  readonly isGood?: (result: R) => boolean;
  /** False where its latency says nothing of others; true unless given. */
  readonly isMeasured?: (attempt: Attempt<P>) => boolean;
}

export interface Won<P extends Provider, R> {
  readonly attempt: Attempt<P>;
  readonly result: R;
}

/**
 * Asks one provider after the other until one speaks: the next at once when one fails or its time is up, a second one
 * beside it when it is later than it usually is. The first to speak wins, all others are given up.
 * Rejects with the last fault when nobody is left, with the signal's reason when aborted.
 */
export function firstToSpeak<P extends Provider, R>(options: RaceOptions<P, R>): Promise<Won<P, R>> {
  return new Race(options).run();
}

class Race<P extends Provider, R> {
  readonly #options: RaceOptions<P, R>;
  readonly #outcome = Promise.withResolvers<Won<P, R>>();
  /** At work, each with what cancels its timers. */
  readonly #running = new Map<Attempt<P>, (() => void)[]>();
  readonly #order: Attempt<P>[] = [];
  #fallback: Won<P, R> | undefined;
  #isOver = false;

  constructor(options: RaceOptions<P, R>) {
    this.#options = options;
  }

  async run(): Promise<Won<P, R>> {
    const { rounds, first } = this.#options;
    const { signal } = rounds;
    const onAbort = () => this.#reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort);
    try {
      if (first !== undefined) this.#launch(first);
      else this.#launchNext();
      return await this.#outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  get #atWork(): Candidate<P>[] {
    return [...this.#running.keys()].map(({ candidate }) => candidate);
  }

  /** Where nobody else is at work, somebody whose breaker is open is better than nobody. */
  #launchNext(): void {
    const { rounds } = this.#options;
    const next = this.#running.size > 0 ? rounds.healthy(this.#atWork) : rounds.next([]);
    if (next !== undefined) this.#launch(rounds.begin(next));
    else if (this.#running.size === 0) this.#reject(rounds.lastFault);
  }

  #launch(attempt: Attempt<P>): void {
    const { rounds, limits, start } = this.#options;
    const { after } = rounds.candidates.clock;
    const leftOf = (ms: number) => Math.max(0, ms - attempt.waitedMs);
    const timers = [after(leftOf(limits.attemptMs), () => this.#late(attempt))];
    if (this.#running.size === 0) {
      attempt.candidate.hedges.asked();
      timers.push(after(leftOf(this.#hedgeMs(attempt)), () => this.#hedge(attempt)));
    }
    this.#running.set(attempt, timers);
    this.#order.push(attempt);
    const work = (async () => start(attempt))();
    work.then(
      result => this.#spoke(attempt, result),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #hedgeMs(attempt: Attempt<P>): number {
    const { hedgeLeastMs, hedgeMostMs } = this.#options.limits;
    const usualMs = attempt.candidate.latency.p95Ms ?? hedgeMostMs;
    return Math.max(hedgeLeastMs, Math.min(hedgeMostMs, usualMs * LATE));
  }

  #hedge(attempt: Attempt<P>): void {
    const { rounds } = this.#options;
    if (!this.#running.has(attempt) || this.#running.size > 1) return;
    const second = rounds.healthy(this.#atWork);
    if (second !== undefined && attempt.candidate.hedges.take()) this.#launch(rounds.begin(second));
  }

  /** Time is up, unless there is nobody who could do better. */
  #late(attempt: Attempt<P>): void {
    const { rounds, limits } = this.#options;
    const { kind, clock } = rounds.candidates;
    const fail = () =>
      this.#failed(attempt, faultOf(kind, attempt.provider.name, 'timeout', 'said nothing in time'));
    if (rounds.next(this.#atWork) !== undefined) fail();
    else this.#running.get(attempt)?.push(clock.after(limits.lastMs - limits.attemptMs, fail));
  }

  #spoke(attempt: Attempt<P>, result: R): void {
    if (!this.#leave(attempt)) return;
    const { isGood, isMeasured } = this.#options;
    attempt.spoke(isMeasured?.(attempt) ?? true);
    const won = { attempt, result };
    if (isGood === undefined || isGood(result)) {
      this.#resolve(won);
      return;
    }
    if (this.#fallback === undefined) this.#fallback = won;
    else attempt.succeeded();
    if (this.#running.size === 0) this.#resolve(this.#fallback);
  }

  #failed(attempt: Attempt<P>, error: unknown): void {
    if (!this.#leave(attempt)) return;
    if (isAskersFault(error)) {
      attempt.abandoned(error);
      this.#reject(error);
      return;
    }
    this.#options.rounds.failed(attempt, error);
    if (this.#fallback === undefined) this.#launchNext();
    else if (this.#running.size === 0) this.#resolve(this.#fallback);
  }

  /** False where it is not at work any more. */
  #leave(attempt: Attempt<P>): boolean {
    const timers = this.#running.get(attempt);
    for (const cancel of timers ?? []) cancel();
    this.#running.delete(attempt);
    return timers !== undefined && !this.#isOver;
  }

  #resolve(won: Won<P, R>): void {
    const order = this.#order;
    for (const attempt of this.#end()) {
      if (order.indexOf(attempt) < order.indexOf(won.attempt))
        this.#options.rounds.beaten(attempt, won.attempt);
      else attempt.abandoned();
    }
    if (this.#fallback !== won) this.#fallback?.attempt.succeeded();
    this.#outcome.resolve(won);
  }

  #reject(reason: unknown): void {
    for (const attempt of this.#end()) attempt.abandoned(reason);
    this.#fallback?.attempt.abandoned(reason);
    this.#outcome.reject(reason);
  }

  /** Those still at work. */
  #end(): Attempt<P>[] {
    const attempts = [...this.#running.keys()];
    for (const attempt of attempts) this.#leave(attempt);
    this.#isOver = true;
    return attempts;
  }
}
