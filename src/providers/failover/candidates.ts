import type { ProviderKind } from '../../config/providers.ts';
import { Breaker, type BreakerStatus } from './breaker.ts';
import { HedgeBudget } from './hedge_budget.ts';
import { LiveLatency } from './live_latency.ts';
import type { Clock } from './timing.ts';

export type { ProviderKind };

export interface Provider {
  readonly name: string;
  close(): Promise<void>;
}

/** A provider with what is known of it. Made once a process and provider: its breaker is shared by all calls. */
export interface Candidate<P extends Provider> {
  readonly provider: P;
  readonly breaker: Breaker;
  readonly latency: LiveLatency;
  readonly hedges: HedgeBudget;
}

export function candidateOf<P extends Provider>(provider: P, clock: Clock): Candidate<P> {
  return {
    provider,
    breaker: new Breaker(clock.nowMs),
    latency: new LiveLatency(),
    hedges: new HedgeBudget(),
  };
}

interface CandidateStatus extends BreakerStatus {
  readonly provider: string;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

/** The providers of one kind in the order in which they are asked. */
export class Candidates<P extends Provider> {
  readonly kind: ProviderKind;
  readonly clock: Clock;
  readonly list: readonly Candidate<P>[];

  constructor(kind: ProviderKind, list: readonly Candidate<P>[], clock: Clock) {
    this.kind = kind;
    this.list = list;
    this.clock = clock;
  }

  /** The first whose breaker allows it. */
  healthy(without: ReadonlySet<Candidate<P>>): Candidate<P> | undefined {
    return this.list.find(candidate => !without.has(candidate) && candidate.breaker.allows);
  }

  /** The same, or rather than nobody the one whose breaker is half open the soonest. */
  next(without: ReadonlySet<Candidate<P>>): Candidate<P> | undefined {
    const healthy = this.healthy(without);
    if (healthy !== undefined) return healthy;
    const left = this.list.filter(candidate => !without.has(candidate));
    return left.toSorted((a, b) => a.breaker.opensInMs - b.breaker.opensInMs)[0];
  }

  /** The same providers, each within something of one call's, such as its meter; what is known of them stays shared. */
  wrapped(wrap: (provider: P) => P): Candidates<P> {
    const list = this.list.map(candidate => ({ ...candidate, provider: wrap(candidate.provider) }));
    return new Candidates(this.kind, list, this.clock);
  }

  get statuses(): readonly CandidateStatus[] {
    return this.list.map(({ provider, breaker, latency: { p50Ms, p95Ms } }) => ({
      provider: provider.name,
      ...breaker.status,
      p50Ms,
      p95Ms,
    }));
  }

  /** Closes the providers. Never rejects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.list.map(async ({ provider }) => provider.close()));
  }
}
