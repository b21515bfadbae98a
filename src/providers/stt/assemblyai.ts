import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { FaultKind } from '../provider_fault.ts';
import type { Stt } from '../types.ts';
import type {
  StreamDialect,
  StreamEvent,
  StreamReader,
  StreamSettings,
  StreamTimes,
} from './stream_dialect.ts';
import { readMessage } from './stream_messages.ts';
import { StreamingStt } from './streaming_stt.ts';

/** The longest pause in a turn that the service takes: turns are ended here, not there. */
const TURN_SILENCE_MS = 5_000;
/** A longer key term is refused, with the whole connection. */
const KEYTERM_CHARACTERS = 50;

export interface AssemblyAiSttOptions {
  readonly name: string;
  readonly apiKey: string;
  /** Without a query; `wss://streaming.eu.assemblyai.com/v3/ws` keeps what is said in the EU. */
  readonly url?: string;
  readonly model?: string;
  /** BCP 47; decides on the model unless one is given. */
  readonly language?: string;
  readonly times?: Partial<StreamTimes>;
}

/**
 * AssemblyAI's Universal Streaming, v3
 * (https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming), with our own turn detection
 * (https://www.assemblyai.com/docs/streaming/universal-streaming/turn-detection): ForceEndpoint ends a turn. The time of a
 * session is what is charged, whether anybody speaks or not, so idle connections are kept for less long than elsewhere.
 */
export function createAssemblyAiStt(options: AssemblyAiSttOptions): Stt {
  const { name, apiKey, language = 'en', url = 'wss://streaming.assemblyai.com/v3/ws', times } = options;
  const spoken = language.startsWith('en') ? 'english' : 'multilingual';
  const { model = `universal-streaming-${spoken}` } = options;
  return new StreamingStt(
    {
      name,
      headers: { Authorization: apiKey },
      url: settings => `${url}?${query(settings, model)}`,
      ...DIALECT,
    },
    times,
  );
}

const DIALECT: Omit<StreamDialect, 'name' | 'headers' | 'url'> = {
  leastPieceMs: 50,
  mostPieceMs: 1_000,
  fillsLastPiece: true,
  // Turns are told only as words are heard.
  isSteady: false,
  askFinal: '{"type":"ForceEndpoint"}',
  answersAlways: false,
  endStream: '{"type":"Terminate"}',
  keepAlive: undefined,
  idleMs: LIMITS.sttIdleChargedMs,
  reader: () => new TurnReader(),
  faultOfClose: faultOfCode,
};

function query({ rateHz, keyterms }: StreamSettings, model: string): URLSearchParams {
  const parameters = new URLSearchParams({
    speech_model: model,
    encoding: 'pcm_s16le',
    sample_rate: `${rateHz}`,
    format_turns: 'false',
    end_of_turn_confidence_threshold: '1',
    max_turn_silence: `${TURN_SILENCE_MS}`,
  });
  const terms = keyterms.filter(({ length }) => length <= KEYTERM_CHARACTERS);
  if (terms.length > 0) parameters.append('keyterms_prompt', JSON.stringify(terms));
  return parameters;
}

/**
 * Its error and close codes (https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures): 1008 is about the
 * account, but was also the one for too many sessions, which is 3009 now.
 */
function faultOfCode(code: number, reason: string): FaultKind | undefined {
  if (code === 3009 || /too many/iu.test(reason)) return 'rateLimited';
  if (code === 1008) return 'auth';
  if (code === 3006 || code === 410) return 'refused';
  return code === 3007 || code === 1002 || code === 1003 || code === 1007 ? 'protocol' : undefined;
}

const TURN = z.object({
  turn_order: z.number(),
  end_of_turn: z.boolean(),
  /** Only words that won't change. */
  transcript: z.string(),
  words: z.array(z.object({ text: z.string(), confidence: z.number() })).default([]),
});
const ERROR = z.object({ error_code: z.number().optional(), error: z.string().optional() });

class TurnReader implements StreamReader {
  #lastEnded = -1;
  #floor = -1;

  begin(): void {
    this.#floor = this.#lastEnded;
  }

  read(text: string): StreamEvent {
    return readMessage(text, {
      Turn: message => this.#turn(message),
      Termination: () => ({ type: 'over' }),
      Error: readError,
    });
  }

  #turn(message: unknown): StreamEvent | undefined {
    const read = TURN.safeParse(message);
    if (!read.success) return undefined;
    const { turn_order: turn, end_of_turn: isSettled, transcript, words } = read.data;
    // Also the same turn once more, formatted, by models that do it unasked.
    if (turn <= this.#floor) return { type: 'alive' };
    if (isSettled) this.#lastEnded = Math.max(this.#lastEnded, turn);
    return {
      type: 'words',
      isAnswer: isSettled,
      words: {
        segment: turn,
        text: isSettled ? transcript : words.map(word => word.text).join(' '),
        confidences: words.map(({ confidence }) => confidence),
        alternatives: [],
        isSettled,
        endS: undefined,
      },
    };
  }
}

function readError(message: unknown): StreamEvent {
  const { error_code: code = 0, error = '' } = ERROR.safeParse(message).data ?? {};
  const kind = faultOfCode(code, error) ?? 'unavailable';
  return { type: 'fault', kind, what: `ended the session (${code})` };
}
