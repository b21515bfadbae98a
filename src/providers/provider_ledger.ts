import { LIMITS } from '../config/limits.ts';
import type { FailoverObserver } from './failover/attempt.ts';
import type { ProviderKind } from './failover/candidates.ts';
import type { Amounts, Use } from './use.ts';

/** What one provider was asked. */
export interface AskedProvider extends Amounts {
  readonly kind: ProviderKind;
  readonly provider: string;
  /** Attempts by how they ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of those that went well, until the first word or sound, milliseconds; LIMITS.providerLatenciesTold at most. */
  readonly latenciesMs: number[];
  readonly costMicroUsd: number;
}

export interface SwitchedProvider {
  readonly kind: ProviderKind;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly times: number;
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };
type Entry = Writable<AskedProvider> & { readonly outcomes: Record<string, number> };

/** Sums up what providers were asked in a process, until somebody takes it. */
export class ProviderLedger implements FailoverObserver {
  readonly #asked = new Map<string, Entry>();
  readonly #switched = new Map<string, Writable<SwitchedProvider>>();

  readonly attempt: FailoverObserver['attempt'] = (kind, provider, outcome, latencyMs) => {
    const { outcomes, latenciesMs } = this.#entry(kind, provider);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (outcome === 'ok' && latenciesMs.length < LIMITS.providerLatenciesTold) latenciesMs.push(latencyMs);
  };

  readonly switched: FailoverObserver['switched'] = (kind, from, to, why) => {
    const key = [kind, from, to, why].join(' ');
    const entry = this.#switched.get(key) ?? { kind, from, to, why, times: 0 };
    entry.times += 1;
    this.#switched.set(key, entry);
  };

  used(use: Use): void {
    const entry = this.#entry(use.kind, use.provider);
    entry.requests += use.requests;
    entry.audioMs += use.audioMs;
    entry.characters += use.characters;
    entry.inputTokens += use.inputTokens;
    entry.cachedTokens += use.cachedTokens;
    entry.outputTokens += use.outputTokens;
    entry.costMicroUsd += use.costMicroUsd;
  }

  /** What came together since it was taken last. */
  take(): { readonly asked: AskedProvider[]; readonly switched: SwitchedProvider[] } {
    const asked = [...this.#asked.values()];
    const switched = [...this.#switched.values()];
    this.#asked.clear();
    this.#switched.clear();
    return { asked, switched };
  }

  #entry(kind: ProviderKind, provider: string): Entry {
    const key = `${kind} ${provider}`;
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      kind,
      provider,
      outcomes: {},
      latenciesMs: [],
      requests: 0,
      audioMs: 0,
      characters: 0,
      inputTokens: 0,
      cachedTokens: 0,
      outputTokens: 0,
      costMicroUsd: 0,
    };
    this.#asked.set(key, entry);
    return entry;
  }
}
