import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { type GoogleAccess, GoogleCredentials } from '../google_token.ts';
import { createRequestTts } from './request_tts.ts';
import type { NetworkTts } from './speech_protocol.ts';

export interface GoogleTtsOptions {
  readonly name?: string;
  readonly access: GoogleAccess;
  readonly url?: string;
  /** Such as `en-US-Neural2-C`. */
  readonly voice: string;
  /** BCP 47; by default that of the voice's name. */
  readonly language?: string;
  /** Time for a whole sentence, since its sound comes at once. */
  readonly stallMs?: number;
}

const answer = z.object({ audioContent: z.base64() });

/**
 * Speech from Google Cloud (https://cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize): one request a
 * sentence, whose sound comes when all of it is made, without word times.
 */
export function createGoogleTts(options: GoogleTtsOptions): NetworkTts {
  const name = options.name ?? 'google';
  const languageCode = options.language ?? options.voice.split('-').slice(0, 2).join('-');
  const credentials = new GoogleCredentials(options.access);
  return createRequestTts({
    name,
    url: options.url ?? 'https://texttospeech.googleapis.com',
    stallMs: options.stallMs ?? LIMITS.ttsSentenceMs,
    request: (sentence, rateHz) => ({
      path: '/v1/text:synthesize',
      headers: credentials.headers(),
      body: {
        input: { text: sentence },
        voice: { languageCode, name: options.voice },
        audioConfig: { audioEncoding: 'LINEAR16', sampleRateHertz: rateHz },
      },
      soundHz: rateHz,
    }),
    unpack: () => new JsonSound(),
  });
}

/** The sound in a JSON answer, which is read as a whole. */
class JsonSound {
  readonly #parts: Buffer[] = [];

  push(bytes: Buffer): Buffer {
    this.#parts.push(bytes);
    return Buffer.alloc(0);
  }

  end(): Buffer {
    const { audioContent } = answer.parse(JSON.parse(Buffer.concat(this.#parts).toString('utf8')));
    return Buffer.from(audioContent, 'base64');
  }
}
