import { TrunklineError } from '../../config/errors.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import type { AnsweredBy } from '../use.ts';
import type { Permit } from './breaker.ts';
import type { Candidate, Candidates, Provider, ProviderKind } from './candidates.ts';

/** Where failover tells what it does: ids only. Must not throw. */
export interface FailoverObserver {
  /** A request is over; latency until it spoke, or where it never did until it ended. */
  attempt(
    kind: ProviderKind,
    provider: string,
    outcome: 'ok' | 'late' | 'aborted' | FaultKind,
    latencyMs: number,
  ): void;
  switched(kind: ProviderKind, from: string, to: string, why: FaultKind | 'late'): void;
}

const CODES = {
  stt: 'STT_FAILED',
  llm: 'LLM_FAILED',
  tts: 'TTS_FAILED',
  speech: 'SPEECH_FAILED',
} as const;

/** What a provider threw, as a fault of its own; faults of its kind stay what they are. */
export function asFault(kind: ProviderKind, provider: string, error: unknown): TrunklineError {
  if (error instanceof TrunklineError && error.code === CODES[kind]) return error;
  return new ProviderFault(CODES[kind], 'protocol', `${provider} failed`, { cause: error });
}

export function faultOf(kind: ProviderKind, provider: string, fault: FaultKind, what: string): ProviderFault {
  return new ProviderFault(CODES[kind], fault, `${provider} ${what}`);
}

/** True where what was asked is wrong, so that no provider could have served it. */
export function isAskersFault(error: unknown): boolean {
  return error instanceof TrunklineError && error.code === 'GRAMMAR_INVALID';
}

/** One request to one provider: its signal, its breaker's permit, and one word on how it ended. */
export class Attempt<P extends Provider> {
  readonly candidate: Candidate<P>;
  readonly #candidates: Candidates<P>;
  readonly #observer: FailoverObserver;
  readonly #control = new AbortController();
  readonly #permit: Permit;
  readonly #asker: AbortSignal;
  #askedAtMs: number;
  #latencyMs: number | undefined;
  #isOver = false;

  /** `asker` aborts it, which says nothing of the provider. */
  constructor(
    candidates: Candidates<P>,
    candidate: Candidate<P>,
    observer: FailoverObserver,
    asker: AbortSignal,
  ) {
    this.candidate = candidate;
    this.#candidates = candidates;
    this.#observer = observer;
    this.#asker = asker;
    this.#askedAtMs = candidates.clock.nowMs();
    this.#permit = candidate.breaker.begin();
    asker.addEventListener('abort', this.#onAbort);
    if (asker.aborted) this.#onAbort();
  }

  get provider(): P {
    return this.candidate.provider;
  }

  /** Aborted when it failed or is given up. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** For whoever asked, once it spoke. */
  get answeredBy(): AnsweredBy {
    return { provider: this.provider.name, ms: this.#latencyMs ?? this.#elapsedMs };
  }

  /** Latency counts from here, or from where it was asked before, not from the beginning. */
  askedNow(atMs = this.#candidates.clock.nowMs()): void {
    this.#askedAtMs = atMs;
  }

  /** Milliseconds since it was asked. */
  get waitedMs(): number {
    return this.#elapsedMs;
  }

  /** The first of an answer is there. `isMeasured` false where its latency is not comparable. */
  spoke(isMeasured: boolean): void {
    if (this.#isOver || this.#latencyMs !== undefined) return;
    this.#latencyMs = this.#elapsedMs;
    if (isMeasured) this.candidate.latency.add(this.#latencyMs);
  }

  succeeded(): void {
    if (this.#end('ok')) this.#permit.succeeded();
  }

  failed(error: unknown): FaultKind {
    const { kind } = this.#candidates;
    const fault = asFault(kind, this.provider.name, error);
    const why = fault instanceof ProviderFault ? fault.kind : 'unavailable';
    if (this.#end(why, fault))
      this.#permit.failed(why, fault instanceof ProviderFault ? fault.retryAfterMs : undefined);
    return why;
  }

  /**
   * Another one spoke first, though it was asked later. As bad as a failure, or one that hangs would make each request
   * late for ever; and its latency is known to be no less than that.
   */
  beaten(): void {
    if (!this.#isOver) this.candidate.latency.add(this.#elapsedMs);
    if (this.#end('late', new DOMException('another provider was faster', 'AbortError')))
      this.#permit.failed('timeout');
  }

  abandoned(reason?: unknown): void {
    // Made only where it counts: an exception costs the walk up its stack.
    if (this.#isOver) return;
    this.#end('aborted', reason ?? new DOMException('not wanted any more', 'AbortError'));
    this.#permit.abandoned();
  }

  readonly #onAbort = (): void => this.abandoned(this.#asker.reason);

  get #elapsedMs(): number {
    return this.#candidates.clock.nowMs() - this.#askedAtMs;
  }

  #end(outcome: Parameters<FailoverObserver['attempt']>[2], reason?: unknown): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#asker.removeEventListener('abort', this.#onAbort);
    const { kind } = this.#candidates;
    this.#observer.attempt(kind, this.provider.name, outcome, this.#latencyMs ?? this.#elapsedMs);
    if (outcome !== 'ok') this.#control.abort(reason);
    return true;
  }
}
