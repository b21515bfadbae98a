import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type LlmProvider, providerName, type SttProvider, type TtsProvider } from '../config/providers.ts';
import type { Config } from '../config/schema.ts';
import { readSecret, readSecretFile } from '../config/secrets.ts';
import type { FailoverObserver } from './failover/attempt.ts';
import { Candidates, candidateOf, type Provider, type ProviderKind } from './failover/candidates.ts';
import { FailoverLlm } from './failover/failover_llm.ts';
import { FailoverStt } from './failover/failover_stt.ts';
import { FailoverTts } from './failover/failover_tts.ts';
import { Meter, MeteredLlm, MeteredStt, MeteredTts, type Use } from './failover/metered.ts';
import type { Clock } from './failover/timing.ts';
import { createCachingLlm } from './llm/answer_cache.ts';
import { openLlm } from './llm/kinds.ts';
import { openStt } from './stt/kinds.ts';
import { openTts } from './tts/kinds.ts';
import type { Llm, Stt, Tts } from './types.ts';

export interface ProviderPlace {
  /** What key files are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly observer: FailoverObserver;
  /** Told of each request's use, at its end; must not throw. */
  onUse(use: Use): void;
}

/** A provider of the configuration, and whether it is asked. */
export interface ProviderState {
  readonly kind: ProviderKind;
  readonly name: string;
  /** Why it is not asked; undefined where it is. */
  readonly off: string | undefined;
}

/** All that a process hears, thinks and speaks with; shared by its calls. */
export interface Providers {
  readonly stt: Stt;
  readonly tts: Tts;
  /** Undefined where no model is configured, or none has a key. */
  readonly llm: Llm | undefined;
  readonly states: readonly ProviderState[];
  close(): Promise<void>;
}

type Entry = SttProvider | LlmProvider | TtsProvider;

/** The key of a provider that wants one, and that has none where it is undefined. */
interface Access {
  readonly key: string | undefined;
  readonly off: string | undefined;
}

/** In which each service keeps its key where nothing else is said, as its own tools expect it. */
const USUAL_VARIABLES: Readonly<Record<string, string>> = {
  deepgram: 'DEEPGRAM_API_KEY',
  deepgram_flux: 'DEEPGRAM_API_KEY',
  assemblyai: 'ASSEMBLYAI_API_KEY',
  openai: 'OPENAI_API_KEY',
  openai_realtime: 'OPENAI_API_KEY',
  openai_file: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  cartesia: 'CARTESIA_API_KEY',
  elevenlabs: 'ELEVENLABS_API_KEY',
  google: 'GOOGLE_API_KEY',
};
const GOOGLE_ACCOUNT = 'GOOGLE_APPLICATION_CREDENTIALS';

/**
 * Opens the providers of the configuration. One without its key is off, which is no error unless nobody is left to hear or to
 * speak. @throws TrunklineError CONFIG_INVALID
 */
export async function openProviders(config: Config, place: ProviderPlace): Promise<Providers> {
  const { providers } = config;
  const states: ProviderState[] = [];
  const list = async <E extends Entry, P extends Provider>(
    kind: ProviderKind,
    entries: readonly E[],
    open: (entry: E, key: string | undefined) => Promise<P>,
    metered: (provider: P, meter: Meter) => P,
  ): Promise<Candidates<P>> => {
    const candidates = [];
    for (const entry of entries) {
      const { key, off } = accessOf(kind, entry, place);
      const name = providerName(entry);
      states.push({ kind, name, off });
      if (off !== undefined) continue;
      const meter = new Meter(kind, name, 'price' in entry ? entry.price : {}, place.onUse);
      candidates.push(candidateOf(metered(await open(entry, key), meter), place.clock));
    }
    return new Candidates(kind, candidates, place.clock);
  };
  const stt = await list('stt', providers.stt, (entry, key) => openStt(entry, key, config), meteredStt);
  const llm = await list('llm', providers.llm, openLlm, meteredLlm);
  const tts = await list('tts', providers.tts, (entry, key) => openTts(entry, key, config), meteredTts);
  for (const { kind, list: working } of [stt, tts])
    if (working.length === 0) throw new TrunklineError('CONFIG_INVALID', `no provider of ${kind} has a key`);
  return {
    stt: oneOf(stt, all => new FailoverStt(all, place.observer)),
    tts: oneOf(tts, all => new FailoverTts(all, place.observer)),
    llm: llm.list.length === 0 ? undefined : modelOf(llm, config, place),
    states,
    close: async () => {
      await Promise.allSettled([stt.close(), llm.close(), tts.close()]);
    },
  };
}

const meteredStt = (stt: Stt, meter: Meter): Stt => new MeteredStt(stt, meter);
const meteredLlm = (llm: Llm, meter: Meter): Llm => new MeteredLlm(llm, meter);
const meteredTts = (tts: Tts, meter: Meter): Tts => new MeteredTts(tts, meter);

/** Where there is but one, nobody can take over, and what it says of itself is said as it is. */
function oneOf<P extends Provider>(candidates: Candidates<P>, failover: (all: Candidates<P>) => P): P {
  const [only, second] = candidates.list;
  return only !== undefined && second === undefined ? only.provider : failover(candidates);
}

function modelOf(candidates: Candidates<Llm>, { providers }: Config, place: ProviderPlace): Llm {
  const llm = new FailoverLlm(candidates, place.observer);
  return providers.keepAnswers ? createCachingLlm(llm) : llm;
}

function accessOf(kind: ProviderKind, entry: Entry, { folder, env }: ProviderPlace): Access {
  if (entry.kind === 'pocketsphinx' || entry.kind === 'flite') return { key: undefined, off: undefined };
  const { keyEnv, keyFile } = entry;
  if (kind === 'stt' && entry.kind === 'google')
    return serviceAccount(keyFile ?? env[keyEnv ?? GOOGLE_ACCOUNT], folder);
  if (keyFile !== undefined) return access(readSecret({ variable: undefined, file: keyFile }, folder, env));
  const variable = keyEnv ?? USUAL_VARIABLES[entry.kind] ?? '';
  if ((env[variable] ?? '') !== '') return access(readSecret({ variable, file: undefined }, folder, env));
  const isFree = 'keyless' in entry && entry.keyless;
  return { key: undefined, off: isFree ? undefined : `no ${variable}` };
}

function access(key: string): Access {
  return { key, off: undefined };
}

/** Google's recogniser wants the file of a service account, which holds more than a line. */
function serviceAccount(file: string | undefined, folder: string): Access {
  return file === undefined || file === ''
    ? { key: undefined, off: `no ${GOOGLE_ACCOUNT}` }
    : access(readSecretFile(folder, file, LIMITS.keyFileBytes));
}
