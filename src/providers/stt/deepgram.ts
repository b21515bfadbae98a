import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { Stt } from '../types.ts';
import { faultOfDeepgramClose } from './deepgram_faults.ts';
import type {
  StreamDialect,
  StreamEvent,
  StreamReader,
  StreamSettings,
  StreamTimes,
} from './stream_dialect.ts';
import { readMessage } from './stream_messages.ts';
import { StreamingStt } from './streaming_stt.ts';

export interface DeepgramSttOptions {
  readonly name: string;
  readonly apiKey: string;
  /** Without a query; `wss://api.eu.deepgram.com/v1/listen` keeps what is said in the EU. */
  readonly url?: string;
  readonly model?: string;
  /** BCP 47, or `multi`. */
  readonly language?: string;
  readonly times?: Partial<StreamTimes>;
}

/**
 * Deepgram's live transcription (https://developers.deepgram.com/reference/speech-to-text/listen-streaming), nova-3 unless
 * another model is wanted. The final is asked for by Finalize; idle connections are kept by KeepAlive.
 */
export function createDeepgramStt(options: DeepgramSttOptions): Stt {
  const { name, apiKey, model = 'nova-3', language = 'en' } = options;
  const { url = 'wss://api.deepgram.com/v1/listen', times } = options;
  return new StreamingStt(
    {
      name,
      headers: { Authorization: `Token ${apiKey}` },
      url: settings => `${url}?${query(settings, model, language)}`,
      ...DIALECT,
    },
    times,
  );
}

const DIALECT: Omit<StreamDialect, 'name' | 'headers' | 'url'> = {
  // Words come every second or so, and a final is asked for with all there is: more messages would bring nothing sooner.
  leastPieceMs: 60,
  mostPieceMs: 1_000,
  fillsLastPiece: false,
  // Interim results come about every second of sound, with or without words.
  isSteady: true,
  askFinal: '{"type":"Finalize"}',
  answersAlways: true,
  endStream: '{"type":"CloseStream"}',
  keepAlive: '{"type":"KeepAlive"}',
  idleMs: LIMITS.sttIdleMs,
  reader: () => new ListenReader(),
  faultOfClose: faultOfDeepgramClose,
};

function query({ rateHz, keyterms }: StreamSettings, model: string, language: string): URLSearchParams {
  const parameters = new URLSearchParams({
    model,
    language,
    encoding: 'linear16',
    sample_rate: `${rateHz}`,
    channels: '1',
    interim_results: 'true',
  });
  // Other models refuse them.
  if (model.startsWith('nova-3')) for (const keyterm of keyterms) parameters.append('keyterm', keyterm);
  return parameters;
}

const ALTERNATIVE = z.object({
  transcript: z.string(),
  confidence: z.number(),
  words: z.array(z.object({ confidence: z.number() })).default([]),
});
const RESULTS = z.object({
  start: z.number(),
  duration: z.number(),
  is_final: z.boolean().default(false),
  from_finalize: z.boolean().default(false),
  channel: z.object({ alternatives: z.array(ALTERNATIVE) }),
});
/** `variant` says what kind; SchemaError: it could not read what we sent. */
const ERROR = z.object({ variant: z.string().optional() });
/** Results of a few milliseconds less than what was sent before are of what was sent before. */
const ROUNDING_S = 0.005;

class ListenReader implements StreamReader {
  #segment = 0;
  #beginS = 0;

  begin(sentS: number): void {
    this.#segment = 0;
    this.#beginS = sentS;
  }

  read(text: string): StreamEvent {
    return readMessage(text, {
      Results: message => this.#results(message),
      Metadata: () => ({ type: 'over' }),
      Error: readError,
    });
  }

  #results(message: unknown): StreamEvent | undefined {
    const read = RESULTS.safeParse(message);
    if (!read.success) return undefined;
    const { start, duration, is_final: isSettled, from_finalize: isAnswer, channel } = read.data;
    const endS = start + duration;
    if (!isAnswer && endS <= this.#beginS + ROUNDING_S) return { type: 'alive' };
    const [best, ...others] = channel.alternatives;
    const segment = this.#segment;
    // Until a stretch is final it is told again and again; then the next one begins.
    if (isSettled) this.#segment++;
    const confidences = best?.words.map(({ confidence }) => confidence) ?? [];
    return {
      type: 'words',
      isAnswer,
      words: {
        segment,
        text: best?.transcript ?? '',
        confidences: confidences.length > 0 || best === undefined ? confidences : [best.confidence],
        alternatives: others.map(({ transcript, confidence }) => ({ text: transcript, confidence })),
        isSettled,
        endS,
      },
    };
  }
}

function readError(message: unknown): StreamEvent {
  const isOurs = ERROR.safeParse(message).data?.variant === 'SchemaError';
  return isOurs
    ? { type: 'fault', kind: 'protocol', what: 'could not read a message' }
    : { type: 'fault', kind: 'refused', what: 'refused a message' };
}
