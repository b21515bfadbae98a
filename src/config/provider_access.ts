import { existsSync } from 'node:fs';
import { z } from 'zod';
import { TrunklineError } from './errors.ts';
import { LIMITS } from './limits.ts';
import {
  type LlmProvider,
  PROVIDER_KINDS,
  type ProviderKind,
  type ProvidersConfig,
  providerName,
  type SpeechProvider,
  type SttProvider,
  type TtsProvider,
} from './providers.ts';
import { readSecret, readSecretFile } from './secrets.ts';

/** Where keys are looked for. */
export interface KeyPlace {
  /** What key files are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

type Entry = SttProvider | LlmProvider | TtsProvider | SpeechProvider;

/** A provider of the configuration with its key. */
export interface ProviderAccess<E extends Entry = Entry> {
  readonly entry: E;
  readonly name: string;
  /** Undefined where it wants none, or has none. Secret. */
  readonly key: string | undefined;
  /** Why it is not asked; undefined where it is. */
  readonly off: string | undefined;
}

export interface ProviderAccesses {
  readonly stt: readonly ProviderAccess<SttProvider>[];
  readonly llm: readonly ProviderAccess<LlmProvider>[];
  readonly tts: readonly ProviderAccess<TtsProvider>[];
  readonly speech: readonly ProviderAccess<SpeechProvider>[];
}

/** A provider as it may be shown. */
export interface ProviderState {
  readonly kind: ProviderKind;
  readonly name: string;
  /** Its kind in the configuration, such as deepgram. */
  readonly service: string;
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
/** Names the file of a service account, which Google's recogniser wants, and its voices take, too. */
const GOOGLE_ACCOUNT = 'GOOGLE_APPLICATION_CREDENTIALS';
const SERVICE_ACCOUNT = z.looseObject({ type: z.literal('service_account') });
/** Nobody hears or speaks without one; these need no key. */
const NEEDED = { stt: ['hear', 'pocketsphinx'], tts: ['speak', 'flite'] } as const;

/**
 * Looks for the keys of all providers. One without its key is off, which is no error unless nobody is left to hear or to speak.
 * @throws TrunklineError CONFIG_INVALID, also where a file that is named holds no key; never with its text
 */
export function accessProviders(providers: ProvidersConfig, place: KeyPlace): ProviderAccesses {
  const accessed = <E extends Entry>(kind: ProviderKind, entries: readonly E[]): ProviderAccess<E>[] =>
    entries.map(entry => ({ entry, name: providerName(entry), ...accessOf(kind, entry, place) }));
  const accesses = {
    stt: accessed('stt', providers.stt),
    llm: accessed('llm', providers.llm),
    tts: accessed('tts', providers.tts),
    speech: accessed('speech', providers.speech),
  };
  for (const kind of ['stt', 'tts'] as const) assertSomebody(kind, accesses[kind]);
  return accesses;
}

/** The same without their keys, in the order in which they are asked. */
export function providerStates(accesses: ProviderAccesses): readonly ProviderState[] {
  return PROVIDER_KINDS.flatMap(kind =>
    accesses[kind].map(({ entry, name, off }) => ({ kind, name, service: entry.kind, off })),
  );
}

function assertSomebody(kind: 'stt' | 'tts', accesses: readonly ProviderAccess[]): void {
  if (accesses.some(({ off }) => off === undefined)) return;
  const [does, keyless] = NEEDED[kind];
  const why = accesses.map(({ name, off }) => `${name} is off (${off})`).join(', ');
  throw new TrunklineError(
    'CONFIG_INVALID',
    `providers.${kind}: nobody is left to ${does}: ${why}; {kind: ${keyless}} needs no key`,
  );
}

type Access = Pick<ProviderAccess, 'key' | 'off'>;
type KeyNames = Pick<Extract<TtsProvider, { kind: 'google' }>, 'keyEnv' | 'keyFile'>;

function accessOf(kind: ProviderKind, entry: Entry, place: KeyPlace): Access {
  try {
    return lookUp(kind, entry, place);
  } catch (cause) {
    if (!(cause instanceof TrunklineError)) throw cause;
    throw new TrunklineError('CONFIG_INVALID', `provider ${providerName(entry)}: ${cause.detail}`, { cause });
  }
}

function lookUp(kind: ProviderKind, entry: Entry, { folder, env }: KeyPlace): Access {
  if (entry.kind === 'pocketsphinx' || entry.kind === 'sherpa_onnx' || entry.kind === 'flite')
    return { key: undefined, off: undefined };
  if (entry.kind === 'livekit_plugin') {
    const off = missingPackages(entry.package);
    if (off !== undefined) return { key: undefined, off };
  }
  const { keyEnv, keyFile } = entry;
  if (kind === 'stt' && entry.kind === 'google') {
    const variable = keyEnv ?? GOOGLE_ACCOUNT;
    return serviceAccount(keyFile ?? env[variable] ?? '', variable, folder);
  }
  if (kind === 'tts' && entry.kind === 'google') {
    const account = voiceAccount(entry, { folder, env });
    if (account !== undefined) return account;
  }
  if (keyFile !== undefined) return found(readSecret({ variable: undefined, file: keyFile }, folder, env));
  const variable = keyEnv ?? USUAL_VARIABLES[entry.kind] ?? '';
  if ((env[variable] ?? '') !== '') return found(readSecret({ variable, file: undefined }, folder, env));
  const isFree = 'keyless' in entry ? entry.keyless : entry.kind === 'livekit_plugin' && keyEnv === undefined;
  return { key: undefined, off: isFree ? undefined : `no ${variable}` };
}

/** What somebody has to do before a plugin can be used; undefined where nothing. */
function missingPackages(name: string): string | undefined {
  const missing = ['@livekit/agents', name].filter(
    wanted => !existsSync(new URL(`../../node_modules/${wanted}/package.json`, import.meta.url)),
  );
  return missing.length === 0 ? undefined : `npm install ${missing.join(' ')}`;
}

function found(key: string): Access {
  return { key, off: undefined };
}

/** Undefined where an API key is what is there for Google's voices. */
function voiceAccount({ keyEnv, keyFile }: KeyNames, { folder, env }: KeyPlace): Access | undefined {
  if (keyFile !== undefined) {
    const text = readSecretFile(folder, keyFile, LIMITS.keyFileBytes);
    return isServiceAccount(text) ? found(text) : undefined;
  }
  const file = env[GOOGLE_ACCOUNT] ?? '';
  const hasKey = (env[keyEnv ?? USUAL_VARIABLES.google ?? ''] ?? '') !== '';
  return keyEnv !== undefined || hasKey || file === ''
    ? undefined
    : serviceAccount(file, GOOGLE_ACCOUNT, folder);
}

/** Its file holds more than a line. */
function serviceAccount(file: string, variable: string, folder: string): Access {
  if (file === '') return { key: undefined, off: `no ${variable}` };
  const text = readSecretFile(folder, file, LIMITS.keyFileBytes);
  if (!isServiceAccount(text))
    throw new TrunklineError('CONFIG_INVALID', `${file} is no key file of a Google service account`);
  return found(text);
}

function isServiceAccount(text: string): boolean {
  try {
    return SERVICE_ACCOUNT.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
