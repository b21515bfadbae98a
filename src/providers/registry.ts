import {
  accessProviders,
  type KeyPlace,
  type ProviderAccess,
  type ProviderState,
  providerStates,
} from '../config/provider_access.ts';
import type { LlmProvider, SpeechProvider, SttProvider, TtsProvider } from '../config/providers.ts';
import type { Config } from '../config/schema.ts';
import { aloneStt, aloneTts } from './failover/alone.ts';
import type { FailoverObserver } from './failover/attempt.ts';
import {
  type Candidate,
  Candidates,
  candidateOf,
  type Provider,
  type ProviderKind,
} from './failover/candidates.ts';
import { FailoverLlm } from './failover/failover_llm.ts';
import { FailoverSpeech } from './failover/failover_speech.ts';
import { FailoverStt } from './failover/failover_stt.ts';
import { FailoverTts } from './failover/failover_tts.ts';
import { Meter, MeteredLlm, MeteredStt, MeteredTts } from './failover/metered.ts';
import type { Clock } from './failover/timing.ts';
import { createCachingLlm } from './llm/answer_cache.ts';
import { openLlm } from './llm/kinds.ts';
import { openSpeech } from './speech/kinds.ts';
import type { SpeechEngine } from './speech/types.ts';
import { openStt } from './stt/kinds.ts';
import { openTts } from './tts/kinds.ts';
import type { Llm, Stt, Tts } from './types.ts';
import type { Use } from './use.ts';

export interface ProviderPlace extends KeyPlace {
  readonly clock: Clock;
  readonly observer: FailoverObserver;
  /** Told of each request's use, at its end; must not throw. */
  onUse(use: Use): void;
}

/** How a provider that is asked is doing in this process. */
interface ProviderHealth {
  readonly kind: ProviderKind;
  readonly provider: string;
  /** Null where it has no breaker, since nobody could take over. */
  readonly breaker: 'closed' | 'open' | 'halfOpen' | null;
  /** Of its last answers' first words or sounds; null while there are too few. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** All that a process hears, thinks and speaks with; shared by its calls. */
export interface Providers {
  readonly stt: Stt;
  readonly tts: Tts;
  /** Undefined where no model is configured, or none has a key. */
  readonly llm: Llm | undefined;
  /** Hears and speaks where a model leads, in place of the others; undefined as for the model. */
  readonly speech: SpeechEngine | undefined;
  readonly states: readonly ProviderState[];
  health(): readonly ProviderHealth[];
  close(): Promise<void>;
}

type Entry = SttProvider | LlmProvider | TtsProvider | SpeechProvider;

/** What thinks alone, for a process that neither hears nor speaks. */
export type Models = Pick<Providers, 'llm' | 'states' | 'health' | 'close'>;

/**
 * Opens the providers of the configuration. One without its key is off, which is no error unless nobody is left to hear or to
 * speak. @throws TrunklineError CONFIG_INVALID
 */
export async function openProviders(config: Config, place: ProviderPlace): Promise<Providers> {
  const accesses = accessProviders(config.providers, place);
  const opened = new Opened(place);
  try {
    const stt = await opened.list(
      'stt',
      accesses.stt,
      (entry, key) => openStt(entry, key, config),
      meteredStt,
    );
    const llm = await opened.list('llm', accesses.llm, openLlm, meteredLlm);
    const tts = await opened.list(
      'tts',
      accesses.tts,
      (entry, key) => openTts(entry, key, config),
      meteredTts,
    );
    const speech = await opened.list(
      'speech',
      accesses.speech,
      (entry, key) => openSpeech(entry, key, place.onUse),
      // It counts by itself, since its sound and its text have prices of their own.
      engine => engine,
    );
    return {
      stt: oneOf(stt, aloneStt, place.observer) ?? new FailoverStt(stt, place.observer),
      tts: oneOf(tts, aloneTts, place.observer) ?? new FailoverTts(tts, place.observer),
      llm: modelOf(llm, config, place),
      speech: speech.list.length === 0 ? undefined : new FailoverSpeech(speech, place.observer),
      states: providerStates(accesses),
      health: () => [
        ...healthOf(stt, stt.list.length > 1),
        ...healthOf(llm, true),
        ...healthOf(tts, tts.list.length > 1),
        ...healthOf(speech, true),
      ],
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The models among them alone. @throws TrunklineError CONFIG_INVALID */
export async function openModels(config: Config, place: ProviderPlace): Promise<Models> {
  const accesses = accessProviders(config.providers, place);
  const opened = new Opened(place);
  try {
    const models = await opened.list('llm', accesses.llm, openLlm, meteredLlm);
    return {
      llm: modelOf(models, config, place),
      states: providerStates(accesses).filter(({ kind }) => kind === 'llm'),
      health: () => healthOf(models, true),
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What was opened so far, to be closed whatever comes of the rest. */
class Opened {
  readonly #place: ProviderPlace;
  readonly #providers: Provider[] = [];

  constructor(place: ProviderPlace) {
    this.#place = place;
  }

  async list<E extends Entry, P extends Provider>(
    kind: ProviderKind,
    accesses: readonly ProviderAccess<E>[],
    open: (entry: E, key: string | undefined) => Promise<P>,
    metered: (provider: P, meter: Meter) => P,
  ): Promise<Candidates<P>> {
    const { clock, onUse } = this.#place;
    const candidates = [];
    for (const { entry, name, key, off } of accesses) {
      if (off !== undefined) continue;
      const provider = await open(entry, key);
      this.#providers.push(provider);
      const meter = new Meter(kind, name, 'price' in entry ? entry.price : {}, onUse);
      candidates.push(candidateOf(metered(provider, meter), clock));
    }
    return new Candidates(kind, candidates, clock);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#providers.map(async provider => provider.close()));
  }
}

function healthOf<P extends Provider>(candidates: Candidates<P>, hasBreakers: boolean): ProviderHealth[] {
  return candidates.statuses.map(({ provider, state, p50Ms = null, p95Ms = null }) => ({
    kind: candidates.kind,
    provider,
    breaker: hasBreakers ? state : null,
    p50Ms,
    p95Ms,
  }));
}

const meteredStt = (stt: Stt, meter: Meter): Stt => new MeteredStt(stt, meter);
const meteredLlm = (llm: Llm, meter: Meter): Llm => new MeteredLlm(llm, meter);
const meteredTts = (tts: Tts, meter: Meter): Tts => new MeteredTts(tts, meter);

/** Where there is but one. */
function oneOf<P extends Provider>(
  candidates: Candidates<P>,
  alone: (all: Candidates<P>, only: Candidate<P>, observer: FailoverObserver) => P,
  observer: FailoverObserver,
): P | undefined {
  const [only, second] = candidates.list;
  return only !== undefined && second === undefined ? alone(candidates, only, observer) : undefined;
}

/** Undefined where there is none to ask. */
function modelOf(candidates: Candidates<Llm>, { providers }: Config, place: ProviderPlace): Llm | undefined {
  if (candidates.list.length === 0) return undefined;
  const llm = new FailoverLlm(candidates, place.observer);
  return providers.keepAnswers ? createCachingLlm(llm) : llm;
}
