import { isBuiltin } from 'node:module';
import { z } from 'zod';
import { LIMITS } from './limits.ts';

const text = z.string().min(1).max(200);
const usd = z.number().min(0).max(10_000);
/** Most have their paths and settings added behind them; `takesQuery` are those whose servers may want one, such as a version. */
const address = (schemes: RegExp, takesQuery: boolean) =>
  z
    .string()
    .max(500)
    .refine(url => URL.canParse(url) && schemes.test(new URL(url).protocol), 'an address of the right scheme')
    .refine(url => !carriesKey(url), 'a key does not belong into an address, but into keyEnv or keyFile')
    .refine(url => takesQuery || !/[?#]/.test(url), 'an address without a query')
    .optional();
const web = address(/^https?:$/u, false);
const socket = address(/^wss?:$/u, false);

function carriesKey(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password, hash, searchParams } = new URL(url);
  const isNamed = [...searchParams.keys()].some(name => /key|token|secret|auth|password|sig/iu.test(name));
  return isNamed || [username, password, hash].some(part => part !== '');
}

/** Where a provider's key lies, and what its use costs; a key itself does not belong into the configuration. */
const paid = {
  /** Under which it is shown and counted; its kind by default. Needed where one kind stands in a list twice. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'lower-case letters, digits, _ and - only')
    .optional(),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_]\w{0,99}$/, 'the name of a variable')
    // The environment is laid over the configuration by this prefix.
    .refine(variable => !variable.startsWith('TRUNKLINE_'), 'not a name of the configuration (TRUNKLINE_…)')
    .optional(),
  keyFile: z.string().min(1).max(4096).optional(),
};
const model = text.optional();
/** BCP 47. */
const language = z
  .string()
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$|^multi$/, 'a language tag such as en or en-US')
  .optional();
const heardPrice = z.strictObject({ usdPerAudioMinute: usd }).partial().default({});
const spokenPrice = z.strictObject({ usdPerMillionCharacters: usd }).partial().default({});
const modelPrice = z
  .strictObject({
    usdPerMillionInputTokens: usd,
    usdPerMillionCachedTokens: usd,
    usdPerMillionOutputTokens: usd,
  })
  .partial()
  .default({});
const speechPrice = z
  .strictObject({
    usdPerMillionInputTokens: usd,
    usdPerMillionCachedTokens: usd,
    usdPerMillionOutputTokens: usd,
    usdPerMillionInputAudioTokens: usd,
    usdPerMillionCachedAudioTokens: usd,
    usdPerMillionOutputAudioTokens: usd,
    usdPerAudioMinute: usd,
  })
  .partial()
  .default({});
const settings = z.record(z.string().max(100), z.unknown()).default({});
/** A server of one's own may want none. */
const keyless = z.boolean().default(false);

/** A name as npm takes it (https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name): never a path, or a part of a package. */
const packageName = z
  .string()
  .max(214)
  .regex(/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/, 'the name of an npm package')
  .refine(name => !isBuiltin(name), 'not a module of Node');

/** A plugin of LiveKit Agents, which somebody has installed beside us. */
const plugin = {
  kind: z.literal('livekit_plugin'),
  name: paid.name,
  keyEnv: paid.keyEnv,
  keyFile: paid.keyFile,
  /** Such as @livekit/agents-plugin-deepgram. */
  package: packageName,
  /** What of it is made; STT, LLM or TTS unless given. */
  class: z
    .string()
    .regex(/^[A-Za-z_$][\w$]{0,99}$/, 'the name of a class')
    .optional(),
  /** As the plugin's documentation has them. */
  options: z
    .record(z.string().max(100), z.unknown())
    .refine(
      options =>
        !Object.keys(options).some(name => /(?:api|access|secret)_?key|secret|password|^token$/iu.test(name)),
      'a key does not belong into options, but into keyEnv or keyFile',
    )
    .default({}),
};

const stt = z.discriminatedUnion('kind', [
  z.strictObject({ ...plugin, price: heardPrice }),
  z.strictObject({ kind: z.literal('deepgram'), ...paid, model, language, url: socket, price: heardPrice }),
  z.strictObject({
    kind: z.literal('deepgram_flux'),
    ...paid,
    model,
    language,
    url: socket,
    price: heardPrice,
  }),
  z.strictObject({ kind: z.literal('assemblyai'), ...paid, model, language, url: socket, price: heardPrice }),
  z.strictObject({
    kind: z.literal('openai_realtime'),
    ...paid,
    model,
    language,
    url: address(/^wss?:$/u, true),
    price: heardPrice,
  }),
  z.strictObject({
    kind: z.literal('openai_file'),
    ...paid,
    model,
    language,
    url: web,
    keyless,
    price: heardPrice,
  }),
  z.strictObject({
    kind: z.literal('google'),
    ...paid,
    model,
    language,
    url: web,
    /** Where the model runs, such as eu. */
    location: text.optional(),
    price: heardPrice,
  }),
  /** A model on this machine. */
  z.strictObject({
    kind: z.literal('sherpa_onnx'),
    name: paid.name,
    modelDir: z.string().min(1).max(4096),
    type: z.enum(['transducer', 'paraformer', 'zipformer2_ctc', 'nemo_ctc', 'tone_ctc']).optional(),
    threads: z.number().int().min(1).max(16).default(1),
  }),
  z.strictObject({ kind: z.literal('pocketsphinx') }),
]);

const llm = z.discriminatedUnion('kind', [
  z.strictObject({
    ...plugin,
    /** How bounds, temperature and form of an answer are handed over: as Chat Completions call them, or not at all. */
    requestFields: z.enum(['openai', 'none']).default('openai'),
    price: modelPrice,
  }),
  z.strictObject({
    kind: z.literal('openai'),
    ...paid,
    model: text,
    url: address(/^https?:$/u, true),
    keyless,
    maxTokensField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
    takesTemperature: z.boolean().optional(),
    asksForUsage: z.boolean().optional(),
    settings,
    price: modelPrice,
  }),
  z.strictObject({
    kind: z.literal('anthropic'),
    ...paid,
    model: text,
    url: address(/^https?:$/u, true),
    settings,
    price: modelPrice,
  }),
]);

const tts = z.discriminatedUnion('kind', [
  z.strictObject({ ...plugin, price: spokenPrice }),
  z.strictObject({
    kind: z.literal('cartesia'),
    ...paid,
    model,
    language,
    url: socket,
    voice: text,
    price: spokenPrice,
  }),
  z.strictObject({
    kind: z.literal('elevenlabs'),
    ...paid,
    model,
    language,
    url: socket,
    voice: text,
    price: spokenPrice,
  }),
  z.strictObject({
    kind: z.literal('deepgram'),
    ...paid,
    url: socket,
    voice: text.optional(),
    price: spokenPrice,
  }),
  z.strictObject({
    kind: z.literal('openai'),
    ...paid,
    model,
    url: web,
    keyless,
    voice: text.optional(),
    instructions: z.string().max(1000).optional(),
    price: spokenPrice,
  }),
  z.strictObject({ kind: z.literal('google'), ...paid, language, url: web, voice: text, price: spokenPrice }),
  z.strictObject({ kind: z.literal('flite') }),
]);

/** Hears and speaks by itself, in place of the three. */
const speech = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('openai_realtime'),
    ...paid,
    model,
    /** Of the caller, for what is written down. */
    language,
    url: address(/^wss?:$/u, true),
    keyless,
    voice: text.optional(),
    /** The model that writes down what the caller says. */
    transcription: text.optional(),
    settings,
    price: speechPrice,
  }),
]);

interface Entry {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly keyEnv?: string | undefined;
  readonly keyFile?: string | undefined;
}

export function providerName({ name, kind }: Entry): string {
  return name ?? kind;
}

/** In the order in which they are asked. */
function inOrder<T extends z.ZodType<Entry>>(entry: T, least: number) {
  return z
    .array(
      entry.refine(
        ({ keyEnv, keyFile }) => keyEnv === undefined || keyFile === undefined,
        'not both keyEnv and keyFile',
      ),
    )
    .min(least)
    .max(LIMITS.providersOfAKind)
    .refine(
      list => new Set(list.map(providerName)).size === list.length,
      'each name once; give a second one of a kind a name',
    );
}

/** `providers` of trunkline.yaml: who hears, thinks and speaks. */
export const providersSchema = z
  .strictObject({
    stt: inOrder(stt, 1).default([{ kind: 'pocketsphinx' }]),
    llm: inOrder(llm, 0).default([]),
    tts: inOrder(tts, 1).default([{ kind: 'flite' }]),
    /** In stages that a model leads, in place of the others. */
    speech: inOrder(speech, 0).default([]),
    /** Identical requests to a model are answered from memory for an hour. */
    keepAnswers: z.boolean().default(false),
  })
  .prefault({});

/** Who hears, who thinks, who speaks, and who hears and speaks at once. */
export const PROVIDER_KINDS = ['stt', 'llm', 'tts', 'speech'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export type PluginProvider = Extract<SttProvider | LlmProvider | TtsProvider, { kind: 'livekit_plugin' }>;
export type ProvidersConfig = z.infer<typeof providersSchema>;
export type SttProvider = z.infer<typeof stt>;
export type LlmProvider = z.infer<typeof llm>;
export type TtsProvider = z.infer<typeof tts>;
export type SpeechProvider = z.infer<typeof speech>;
