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

/** The longest pause in a turn that Flux takes: turns are ended here, not there. */
const TURN_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_SILENCE_MS = 100;

export interface DeepgramFluxSttOptions {
  readonly name: string;
  readonly apiKey: string;
  /** Without a query. */
  readonly url?: string;
  readonly model?: string;
  /** BCP 47, as a hint for `flux-general-multi`, which is the model unless English is spoken. */
  readonly language?: string;
  readonly times?: Partial<StreamTimes>;
}

/**
 * Deepgram Flux (https://developers.deepgram.com/reference/speech-to-text/listen-flux) with our own turn detection
 * (https://developers.deepgram.com/docs/flux/own-turn-detection): its own never ends a turn, ForceEndTurn does, which is
 * answered by an EndOfTurn with all that was sent before, or by a warning when nothing was said. Flux knows no KeepAlive; idle
 * connections get some silence.
 */
export function createDeepgramFluxStt(options: DeepgramFluxSttOptions): Stt {
  const { name, apiKey, language = 'en', url = 'wss://api.deepgram.com/v2/listen', times } = options;
  const { model = language.startsWith('en') ? 'flux-general-en' : 'flux-general-multi' } = options;
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
  // What its documentation recommends.
  leastPieceMs: 80,
  mostPieceMs: 1_000,
  fillsLastPiece: false,
  // An Update comes about every quarter of a second of sound.
  isSteady: true,
  askFinal: '{"type":"ForceEndTurn"}',
  answersAlways: true,
  endStream: '{"type":"CloseStream"}',
  keepAlive: KEEP_ALIVE_SILENCE_MS,
  idleMs: LIMITS.sttIdleMs,
  reader: () => new FluxReader(),
  faultOfClose: faultOfDeepgramClose,
};

function query({ rateHz, keyterms }: StreamSettings, model: string, language: string): URLSearchParams {
  const parameters = new URLSearchParams({
    model,
    encoding: 'linear16',
    sample_rate: `${rateHz}`,
    eot_threshold: '1.0',
    eot_timeout_ms: `${TURN_TIMEOUT_MS}`,
  });
  if (model === 'flux-general-multi') parameters.append('language_hint', language);
  for (const keyterm of keyterms) parameters.append('keyterm', keyterm);
  return parameters;
}

const TURN_INFO = z.object({
  event: z.string(),
  turn_index: z.number(),
  audio_window_end: z.number(),
  transcript: z.string(),
  words: z.array(z.object({ confidence: z.number() })).default([]),
  /** On EndOfTurn: `model`, `manual`, `timeout`, perhaps others one day; older servers don't tell. */
  trigger: z.string().optional(),
});
const CODED = z.object({ code: z.string() });

class FluxReader implements StreamReader {
  #lastEnded = -1;
  #floor = -1;

  begin(): void {
    this.#floor = this.#lastEnded;
  }

  read(text: string): StreamEvent {
    return readMessage(text, {
      TurnInfo: message => this.#turn(message),
      Warning: readWarning,
      Error: readError,
    });
  }

  #turn(message: unknown): StreamEvent | undefined {
    const read = TURN_INFO.safeParse(message);
    if (!read.success) return undefined;
    const { event, turn_index: turn, audio_window_end: endS, transcript, words, trigger } = read.data;
    if (turn <= this.#floor) return { type: 'alive' };
    const isSettled = event === 'EndOfTurn';
    if (isSettled) this.#lastEnded = Math.max(this.#lastEnded, turn);
    return {
      type: 'words',
      isAnswer: isSettled && (trigger === undefined || trigger === 'manual'),
      words: {
        segment: turn,
        text: transcript,
        confidences: words.map(({ confidence }) => confidence),
        alternatives: [],
        isSettled,
        endS,
      },
    };
  }
}

/** Nothing was said since the last turn ended. Other warnings don't matter. */
function readWarning(message: unknown): StreamEvent {
  const isAnswer = CODED.safeParse(message).data?.code === 'FORCE_END_TURN_NO_ACTIVE_TURN';
  return { type: isAnswer ? 'answer' : 'alive' };
}

/** Fatal, all of them. */
function readError(message: unknown): StreamEvent {
  const code = CODED.safeParse(message).data?.code;
  if (code === 'INTERNAL_SERVER_ERROR')
    return { type: 'fault', kind: 'unavailable', what: 'has an internal error' };
  if (code === 'UNPARSABLE_CLIENT_MESSAGE')
    return { type: 'fault', kind: 'protocol', what: 'could not read a message' };
  return { type: 'fault', kind: 'refused', what: 'refused the stream' };
}
