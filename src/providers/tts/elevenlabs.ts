import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import type { TimedToken } from './sentence_words.ts';
import { createSocketTts } from './socket_tts.ts';
import type { NetworkTts, SpeechEvent, SpeechProtocol } from './speech_protocol.ts';

/** "Each connection is limited to 5 concurrent contexts." */
const SENTENCES_AT_ONCE = 5;
/** The longest that the service lets a connection be without text, seconds; ours ends a little before. */
const INACTIVITY_S = 180;
const IDLE_MS = 170_000;

export interface ElevenLabsOptions {
  readonly name?: string;
  readonly apiKey: string;
  readonly url?: string;
  readonly model?: string;
  /** Id of a voice. */
  readonly voice: string;
  /** ISO 639-1, for models that take one. */
  readonly language?: string;
  readonly stability?: number;
  readonly similarityBoost?: number;
  /** Silence of the provider within a sentence after which it has failed. */
  readonly stallMs?: number;
}

const alignment = z.object({
  chars: z.array(z.string()),
  charStartTimesMs: z.array(z.number()),
  /** The documentation spells it in two ways. */
  charDurationsMs: z.array(z.number()).optional(),
  charsDurationsMs: z.array(z.number()).optional(),
});
const message = z.object({
  contextId: z.string().nullish(),
  audio: z.base64().nullish(),
  alignment: alignment.nullish(),
  isFinal: z.boolean().nullish(),
  error: z.string().nullish(),
});

/** What the service calls its failures, by what is to be tried next. */
const FAILURES: readonly (readonly [RegExp, FaultKind])[] = [
  [/api_key|unauthorized|permission/u, 'auth'],
  [/quota|limit|busy|too_many/u, 'rateLimited'],
  [/internal|unavailable|timeout/u, 'unavailable'],
];

/**
 * Speech from ElevenLabs (https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input):
 * each sentence is a context, several of them on one connection, with the times of its characters.
 */
export function createElevenLabsTts(options: ElevenLabsOptions): NetworkTts {
  const { name = 'elevenlabs', url = 'wss://api.elevenlabs.io', stallMs = LIMITS.ttsStallMs } = options;
  const protocol: SpeechProtocol = {
    name,
    atOnce: SENTENCES_AT_ONCE,
    anyRate: false,
    confirmsCancel: true,
    idleMs: IDLE_MS,
    connect: rateHz => ({ url: addressOf(url, options, rateHz), headers: { 'xi-api-key': options.apiKey } }),
    begin: (id, sentence) => [
      {
        text: ' ',
        context_id: id,
        voice_settings: {
          stability: options.stability ?? 0.5,
          similarity_boost: options.similarityBoost ?? 0.8,
        },
      },
      { text: `${sentence} `, context_id: id, flush: true },
      // A context that is closed is still spoken to its end, and only then called final.
      { context_id: id, close_context: true },
    ],
    cancel: id => [{ context_id: id, close_context: true }],
    read: text => eventsOf(message.parse(JSON.parse(text)), name),
  };
  return createSocketTts(protocol, { tellsWords: true, stallMs });
}

function addressOf(url: string, options: ElevenLabsOptions, rateHz: number): string {
  const query = new URLSearchParams({
    model_id: options.model ?? 'eleven_flash_v2_5',
    output_format: `pcm_${rateHz}`,
    inactivity_timeout: String(INACTIVITY_S),
    sync_alignment: 'true',
    auto_mode: 'true',
    ...(options.language === undefined ? {} : { language_code: options.language }),
  });
  return `${url}/v1/text-to-speech/${encodeURIComponent(options.voice)}/multi-stream-input?${query}`;
}

function eventsOf(said: z.infer<typeof message>, name: string): SpeechEvent[] {
  const id = said.contextId ?? undefined;
  if (said.error !== undefined && said.error !== null) {
    const word = said.error;
    const kind = FAILURES.find(([pattern]) => pattern.test(word))?.[1] ?? 'refused';
    const fault = new ProviderFault('TTS_FAILED', kind, `${name} answered with an error`);
    return [{ type: 'failed', id, fault }];
  }
  if (id === undefined) return [];
  const events: SpeechEvent[] = [];
  // Their times count from the start of the sound of the same message.
  if (said.alignment) events.push({ type: 'words', id, tokens: tokensOf(said.alignment), from: 'here' });
  if (said.audio) events.push({ type: 'sound', id, bytes: Buffer.from(said.audio, 'base64') });
  if (said.isFinal === true) events.push({ type: 'done', id });
  return events;
}

/** Characters put together to words; the first and the last may be parts of one. */
function tokensOf(said: z.infer<typeof alignment>): TimedToken[] {
  const durationsMs = said.charDurationsMs ?? said.charsDurationsMs ?? [];
  const tokens: { text: string; startMs: number; endMs: number }[] = [];
  let isOpen = false;
  for (const [at, char] of said.chars.entries()) {
    const startMs = said.charStartTimesMs[at] ?? Number.NaN;
    const endMs = startMs + (durationsMs[at] ?? Number.NaN);
    const last = tokens.at(-1);
    if (/^\s*$/u.test(char)) isOpen = false;
    else if (isOpen && last !== undefined) {
      last.text += char;
      // Marks are part of the word, but the pause on them is not.
      if (/[\p{L}\p{N}]/u.test(char)) last.endMs = endMs;
    } else {
      tokens.push({ text: char, startMs, endMs });
      isOpen = true;
    }
  }
  return tokens;
}
