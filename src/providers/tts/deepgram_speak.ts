import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import { createSocketTts } from './socket_tts.ts';
import type { NetworkTts, SpeechEvent, SpeechProtocol } from './speech_protocol.ts';

/** "The maximum number of times you can send the Flush message is 20 times every 60 seconds." */
const FLUSHES_PER_MINUTE = 20;
/** The documentation names no limit for a connection without text; a minute is what the recogniser's has. */
const IDLE_MS = 50_000;

export interface DeepgramSpeakOptions {
  readonly name?: string;
  readonly apiKey: string;
  readonly url?: string;
  /** Model and voice in one, such as `aura-2-thalia-en`. */
  readonly voice?: string;
  /** Silence of the provider within a sentence after which it has failed. */
  readonly stallMs?: number;
}

const message = z.object({ type: z.string(), code: z.string().nullish(), err_code: z.string().nullish() });

/**
 * Speech from Deepgram's Aura (https://developers.deepgram.com/docs/streaming-text-to-speech): one sentence at a time on a
 * connection, without word times.
 */
export function createDeepgramSpeakTts(options: DeepgramSpeakOptions): NetworkTts {
  const { name = 'deepgram', url = 'wss://api.deepgram.com', stallMs = LIMITS.ttsStallMs } = options;
  const protocol: SpeechProtocol = {
    name,
    atOnce: 1,
    perMinute: FLUSHES_PER_MINUTE,
    anyRate: false,
    confirmsCancel: true,
    idleMs: IDLE_MS,
    connect: rateHz => ({
      url: `${url}/v1/speak?${new URLSearchParams({
        model: options.voice ?? 'aura-2-thalia-en',
        encoding: 'linear16',
        sample_rate: String(rateHz),
      })}`,
      headers: { Authorization: `Token ${options.apiKey}` },
    }),
    begin: (_, sentence) => [{ type: 'Speak', text: sentence }, { type: 'Flush' }],
    cancel: () => [{ type: 'Clear' }],
    read: text => eventsOf(message.parse(JSON.parse(text)), name),
  };
  return createSocketTts(protocol, { tellsWords: false, stallMs });
}

function eventsOf(said: z.infer<typeof message>, name: string): SpeechEvent[] {
  if (said.type === 'Flushed') return [{ type: 'done' }];
  if (said.type === 'Cleared') return [{ type: 'left' }];
  // Such as Metadata.
  if (said.type !== 'Warning' && said.type !== 'Error') return [];
  // What a warning warns of is a sentence that will not come, such as one flush too many.
  const kind = kindOf(said.code ?? said.err_code ?? '');
  return [
    { type: 'failed', fault: new ProviderFault('TTS_FAILED', kind, `${name} answered with a warning`) },
  ];
}

function kindOf(code: string): FaultKind {
  if (/RATE|LIMIT|EXCEEDED/u.test(code)) return 'rateLimited';
  if (/AUTH|PERMISSION/u.test(code)) return 'auth';
  return /DATA|TEXT/u.test(code) ? 'refused' : 'unavailable';
}
