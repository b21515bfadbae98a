import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** As processes tell it of the providers that they ask. */
export interface ProviderSample {
  readonly health: readonly {
    readonly kind: string;
    readonly provider: string;
    readonly breaker: 'closed' | 'open' | 'halfOpen' | null;
  }[];
  readonly asked: readonly {
    readonly kind: string;
    readonly provider: string;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly latenciesMs: readonly number[];
    readonly requests: number;
    readonly audioMs: number;
    readonly characters: number;
    readonly inputTokens: number;
    readonly cachedTokens: number;
    readonly outputTokens: number;
    readonly costMicroUsd: number;
  }[];
  readonly switched: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    readonly why: string;
    readonly times: number;
  }[];
}

/** Fine where the time of a turn is made up: finals, first tokens, first sounds. */
const LATENCY_BUCKETS_S = [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4];
const BY_PROVIDER = ['kind', 'provider'] as const;

/** What providers did, by the names of the configuration; all processes of the node together. */
export class ProviderMetrics {
  readonly #registry: Registry;
  readonly #attempts: Counter<'kind' | 'provider' | 'outcome'>;
  readonly #latency: Histogram<'kind' | 'provider'>;
  readonly #switches: Counter<'kind' | 'from' | 'to' | 'why'>;
  readonly #requests: Counter<'kind' | 'provider'>;
  readonly #audio: Counter<'kind' | 'provider'>;
  readonly #characters: Counter<'kind' | 'provider'>;
  readonly #tokens: Counter<'kind' | 'provider' | 'direction'>;
  readonly #cost: Counter<'kind' | 'provider'>;
  readonly #breakerOpen: Gauge<'process' | 'kind' | 'provider'>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#attempts = this.#counter(
      'attempts',
      'Requests where another provider could have taken over, by how they ended.',
      [...BY_PROVIDER, 'outcome'],
    );
    this.#latency = new Histogram({
      name: 'trunkline_provider_latency_seconds',
      help: 'Of attempts that went well, until the final, the first token or the first sound.',
      labelNames: [...BY_PROVIDER],
      buckets: LATENCY_BUCKETS_S,
      registers: [registry],
    });
    this.#switches = this.#counter('switches', 'Times that one provider took over from another, by why.', [
      'kind',
      'from',
      'to',
      'why',
    ]);
    this.#requests = this.#counter('requests', 'Requests that providers were given.', [...BY_PROVIDER]);
    this.#audio = this.#counter('audio_seconds', 'Sound that recognisers were given.', [...BY_PROVIDER]);
    this.#characters = this.#counter('characters', 'Text that synthesisers were given.', [...BY_PROVIDER]);
    this.#tokens = this.#counter('tokens', 'Tokens of models; cached ones are not among the input.', [
      ...BY_PROVIDER,
      'direction',
    ]);
    this.#cost = this.#counter(
      'cost_micro_usd',
      'By the prices of the configuration, millionths of a US dollar.',
      [...BY_PROVIDER],
    );
    this.#breakerOpen = new Gauge({
      name: 'trunkline_provider_breaker_open',
      help: '1 while a process does not ask a provider because it failed.',
      labelNames: ['process', ...BY_PROVIDER],
      registers: [registry],
    });
  }

  add(process: string, { health, asked, switched }: ProviderSample): void {
    for (const { kind, provider, breaker } of health)
      if (breaker !== null) this.#breakerOpen.set({ process, kind, provider }, breaker === 'open' ? 1 : 0);
    for (const one of asked) this.#addAsked(one);
    for (const { kind, from, to, why, times } of switched) this.#switches.inc({ kind, from, to, why }, times);
  }

  gone(process: string, health: ProviderSample['health']): void {
    for (const { kind, provider } of health) this.#breakerOpen.remove({ process, kind, provider });
  }

  #addAsked({ kind, provider, ...one }: ProviderSample['asked'][number]): void {
    const labels = { kind, provider };
    for (const [outcome, times] of Object.entries(one.outcomes))
      this.#attempts.inc({ ...labels, outcome }, times);
    for (const ms of one.latenciesMs) this.#latency.observe(labels, ms / 1000);
    this.#requests.inc(labels, one.requests);
    if (kind === 'stt') this.#audio.inc(labels, one.audioMs / 1000);
    if (kind === 'tts') this.#characters.inc(labels, one.characters);
    if (kind === 'llm') {
      this.#tokens.inc({ ...labels, direction: 'input' }, one.inputTokens - one.cachedTokens);
      this.#tokens.inc({ ...labels, direction: 'cached' }, one.cachedTokens);
      this.#tokens.inc({ ...labels, direction: 'output' }, one.outputTokens);
    }
    this.#cost.inc(labels, one.costMicroUsd);
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({
      name: `trunkline_provider_${name}_total`,
      help,
      labelNames,
      registers: [this.#registry],
    });
  }
}
