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

/** Messages by their `type`; kinds may be added without notice. */
const chunk = z.object({ context_id: z.string(), data: z.string() });
const timestamps = z.object({
  context_id: z.string(),
  word_timestamps: z
    .object({ words: z.array(z.string()), start: z.array(z.number()), end: z.array(z.number()) })
    .nullish(),
});
const done = z.object({ context_id: z.string() });
const failure = z.object({ context_id: z.string().nullish(), status_code: z.number() });
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

function eventsOf(data: unknown, name: string): readonly SpeechEvent[] {
  switch (anyMessage.parse(data).type) {
    case 'chunk': {
      const { context_id: id, data: sound } = chunk.parse(data);
      return [{ type: 'sound', id, bytes: bytesOf(sound, name) }];
    }
    case 'timestamps':
      return [wordsOf(timestamps.parse(data))];
    case 'done':
      return [{ type: 'done', id: done.parse(data).context_id }];
    case 'error': {
      const { context_id: id, status_code: status } = failure.parse(data);
      const fault = new ProviderFault('TTS_FAILED', faultOfStatus(status), `${name} answered ${status}`);
      return [{ type: 'failed', id: id ?? undefined, fault }];
    }
    default:
      return [];
  }
}

function wordsOf({ context_id: id, word_timestamps: told }: z.infer<typeof timestamps>): SpeechEvent {
  const { words = [], start = [], end = [] } = told ?? {};
  const tokens = words.map((word, at) => ({
    text: word,
    startMs: (start[at] ?? Number.NaN) * 1000,
    endMs: (end[at] ?? Number.NaN) * 1000,
  }));
  return { type: 'words', id, tokens, from: 'start' };
}

/** What is no base64 gives fewer bytes than its length promises. */
function bytesOf(base64: string, name: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (base64.length % 4 !== 0 || bytes.length !== Buffer.byteLength(base64, 'base64'))
    throw new ProviderFault('TTS_FAILED', 'protocol', `${name} sent sound that makes no sense`);
  return bytes;
}
