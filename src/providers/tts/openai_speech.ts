import { LIMITS } from '../../config/limits.ts';
import { createRequestTts } from './request_tts.ts';
import type { NetworkTts } from './speech_protocol.ts';

/** "pcm: raw samples in 24kHz (16-bit signed, low-endian), without the header." */
const SOUND_HZ = 24_000;

export interface OpenAiSpeechOptions {
  readonly name?: string;
  /** A server of one's own may need none. */
  readonly apiKey?: string;
  /** With its version, such as `https://api.openai.com/v1`. */
  readonly url?: string;
  readonly model?: string;
  readonly voice?: string;
  /** How to speak, for models that take it. */
  readonly instructions?: string;
  /** Of sound without a header, for servers that speak at a rate of their own. */
  readonly soundHz?: number;
  /** Silence of the provider within a sentence after which it has failed. */
  readonly stallMs?: number;
}

/**
 * Speech from OpenAI, or any server of the same API (https://developers.openai.com/api/reference/resources/audio/subresources/speech):
 * one request a sentence, its sound read as it comes, without word times.
 */
export function createOpenAiSpeechTts(options: OpenAiSpeechOptions): NetworkTts {
  const { apiKey, instructions, model = 'gpt-4o-mini-tts', voice = 'alloy' } = options;
  return createRequestTts({
    name: options.name ?? 'openai',
    url: options.url ?? 'https://api.openai.com/v1',
    stallMs: options.stallMs ?? LIMITS.ttsStallMs,
    request: sentence => ({
      path: '/audio/speech',
      headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
      body: {
        model,
        voice,
        input: sentence,
        response_format: 'pcm',
        ...(instructions === undefined ? {} : { instructions }),
      },
      soundHz: options.soundHz ?? SOUND_HZ,
    }),
    // audio/L16;rate=16000 (RFC 2586), audio/pcm;rate=16000 of some servers.
    announcedHz: contentType => {
      const rate = /^audio\/(?:L16|pcm)\b.*?;\s*rate=(\d{1,6})\b/iu.exec(contentType)?.[1];
      return rate === undefined ? undefined : Number(rate);
    },
  });
}
