import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { faultOfStatus, ProviderFault } from '../provider_fault.ts';
import { createSocketTts } from './socket_tts.ts';
import type { NetworkTts, SpeechEvent, SpeechProtocol } from './speech_protocol.ts';

/** The documentation that this was written by; the service keeps to it. */
const API_VERSION = '2025-04-16';
/** "The WebSocket scales up to dozens of concurrent generations." */
const SENTENCES_AT_ONCE = 24;
/** The service closes idle connections after five minutes. */
const IDLE_MS = 4 * 60_000;

export interface CartesiaOptions {
  readonly name?: string;
  readonly apiKey: string;
  readonly url?: string;
  readonly model?: string;
  /** Id of a voice. */
  readonly voice: string;
  /** ISO 639-1. */
  readonly language?: string;
  /** Silence of the provider within a sentence after which it has failed. */
  readonly stallMs?: number;
}

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chunk'), context_id: z.string(), data: z.base64() }),
  z.object({
    type: z.literal('timestamps'),
    context_id: z.string(),
    word_timestamps: z
      .object({ words: z.array(z.string()), start: z.array(z.number()), end: z.array(z.number()) })
      .nullish(),
  }),
  z.object({ type: z.literal('done'), context_id: z.string() }),
  z.object({ type: z.literal('error'), context_id: z.string().nullish(), status_code: z.number() }),
]);
/** Kinds may be added without notice. */
const kinds: ReadonlySet<string> = new Set(['chunk', 'timestamps', 'done', 'error']);
const anyMessage = z.object({ type: z.string() });

/**
 * Speech from Cartesia (https://docs.cartesia.ai/api-reference/tts/websocket): each sentence is a context, many of them on one
 * connection, with the times of its words.
 */
export function createCartesiaTts(options: CartesiaOptions): NetworkTts {
  const {
    name = 'cartesia',
    url = 'wss://api.cartesia.ai',
    model = 'sonic-3',
    stallMs = LIMITS.ttsStallMs,
  } = options;
  const protocol: SpeechProtocol = {
    name,
    atOnce: SENTENCES_AT_ONCE,
    anyRate: true,
    confirmsCancel: false,
    idleMs: IDLE_MS,
    connect: () => ({
      url: `${url}/tts/websocket`,
      headers: { Authorization: `Bearer ${options.apiKey}`, 'Cartesia-Version': API_VERSION },
    }),
    begin: (id, sentence, rateHz) => [
      {
        model_id: model,
        transcript: sentence,
        voice: { mode: 'id', id: options.voice },
        ...(options.language === undefined ? {} : { language: options.language }),
        context_id: id,
        output_format: { container: 'raw', encoding: 'pcm_s16le', sample_rate: rateHz },
        add_timestamps: true,
        continue: false,
      },
    ],
    cancel: id => [{ context_id: id, cancel: true }],
    read: text => eventsOf(JSON.parse(text), name),
  };
  return createSocketTts(protocol, { tellsWords: true, stallMs });
}

function eventsOf(data: unknown, name: string): SpeechEvent[] {
  if (!kinds.has(anyMessage.parse(data).type)) return [];
  const said = message.parse(data);
  if (said.type === 'done') return [{ type: 'done', id: said.context_id }];
  if (said.type === 'chunk') {
    return [{ type: 'sound', id: said.context_id, bytes: Buffer.from(said.data, 'base64') }];
  }
  if (said.type === 'error') {
    const what = `${name} answered ${said.status_code}`;
    const fault = new ProviderFault('TTS_FAILED', faultOfStatus(said.status_code), what);
    return [{ type: 'failed', id: said.context_id ?? undefined, fault }];
  }
  const { words = [], start = [], end = [] } = said.word_timestamps ?? {};
  const tokens = words.map((word, at) => ({
    text: word,
    startMs: (start[at] ?? Number.NaN) * 1000,
    endMs: (end[at] ?? Number.NaN) * 1000,
  }));
  return [{ type: 'words', id: said.context_id, tokens, from: 'start' }];
}
