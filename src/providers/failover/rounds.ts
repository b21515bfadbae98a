import type { FaultKind } from '../provider_fault.ts';
import { Attempt, asFault, type FailoverObserver, faultOf } from './attempt.ts';
import type { Candidate, Candidates, Provider } from './candidates.ts';

/**
 * The providers asked for one thing, an answer, a sentence or an utterance: whoever failed at it is not asked again.
 * Nobody's turn comes twice unless all are forgiven, so that there are no more rounds than providers.
 */
export class Rounds<P extends Provider> {
  readonly candidates: Candidates<P>;
  readonly signal: AbortSignal;
  readonly #observer: FailoverObserver;
  readonly #failed = new Set<Candidate<P>>();
  #lastFault: Error | undefined;
  #from: { readonly name: string; readonly why: FaultKind } | undefined;

  constructor(candidates: Candidates<P>, observer: FailoverObserver, signal: AbortSignal) {
    this.candidates = candidates;
    this.#observer = observer;
    this.signal = signal;
  }

  /** Who would be asked, were those at work to fail. */
  next(atWork: Iterable<Candidate<P>>): Candidate<P> | undefined {
    return this.candidates.next(new Set([...this.#failed, ...atWork]));
  }

  /** Whether nobody would be asked, were that one to fail. */
  isLast(atWork: Candidate<P>): boolean {
    return this.candidates.list.every(candidate => candidate === atWork || this.#failed.has(candidate));
  }

  /** Who may be asked beside those at work. */
  healthy(atWork: Iterable<Candidate<P>>): Candidate<P> | undefined {
    return this.candidates.healthy(new Set([...this.#failed, ...atWork]));
  }

  begin(candidate: Candidate<P>): Attempt<P> {
    if (this.#from !== undefined) {
      const { name, why } = this.#from;
      this.#observer.switched(this.candidates.kind, name, candidate.provider.name, why);
      this.#from = undefined;
    }
    return new Attempt(this.candidates, candidate, this.#observer, this.signal);
  }

  /** It failed, and is not asked again. */
  failed(attempt: Attempt<P>, error: unknown): void {
    const { name } = attempt.provider;
    this.#lastFault = asFault(this.candidates.kind, name, error);
    this.#failed.add(attempt.candidate);
    this.#from = { name, why: attempt.failed(error) };
  }

  beaten(slower: Attempt<P>, faster: Attempt<P>): void {
    const { kind } = this.candidates;
    this.#observer.switched(kind, slower.provider.name, faster.provider.name, 'late');
    slower.beaten();
  }

  /** All are asked once more. */
  forgive(): void {
    this.#failed.clear();
  }

  /** What is thrown when nobody is left. */
  get lastFault(): Error {
    return this.#lastFault ?? faultOf(this.candidates.kind, 'failover', 'unavailable', 'has no provider');
  }
}
