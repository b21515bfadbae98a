import { LIMITS } from '../../config/limits.ts';
import type { Expectation, Stt, SttOptions, SttSession } from '../types.ts';
import { hintWords } from './hint_words.ts';
import { RealtimeConnection } from './openai_realtime_connection.ts';
import { RealtimeUtterance, WIRE_RATE_HZ } from './openai_realtime_utterance.ts';
import type { FinalLimits } from './remote_utterance.ts';

export interface OpenAiRealtimeSttOptions {
  readonly name: string;
  readonly apiKey: string;
  /** WebSocket address with the transcription intent, for a server that follows OpenAI's. */
  readonly url?: string;
  readonly model?: string;
  /** ISO 639-1. */
  readonly language?: string;
  /** What the call is about, for models that take a prompt. */
  readonly prompt?: string;
  /** How long the model may wait for more context, for models that let one choose. */
  readonly delay?: 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';
  readonly limits?: Partial<RealtimeLimits>;
}

interface RealtimeLimits extends FinalLimits {
  /** Without a sign of life while sound goes over. */
  readonly stalledMs: number;
  /** How long a connection without an utterance is kept. */
  readonly idleMs: number;
}

/**
 * OpenAI's Realtime API in transcription mode over WebSocket, sound while it is spoken and what was said on commit
 * (https://developers.openai.com/api/docs/guides/realtime-transcription). Connections are kept from one utterance to the
 * next, but never after one that was given up: what it still has to tell must not end up in another.
 */
export function createOpenAiRealtimeStt(options: OpenAiRealtimeSttOptions): Stt {
  return new OpenAiRealtimeStt(options);
}

class OpenAiRealtimeStt implements Stt {
  readonly name: string;
  readonly #options: OpenAiRealtimeSttOptions;
  readonly #model: string;
  /** With what ends them. */
  readonly #idle = new Map<RealtimeConnection, NodeJS.Timeout>();
  readonly #sessions = new Set<RealtimeUtterance>();
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: OpenAiRealtimeSttOptions) {
    this.name = options.name;
    this.#options = options;
    this.#model = options.model ?? 'gpt-live-transcribe';
  }

  prepare(expect: Expectation): void {
    if (this.#closed) return;
    for (const connection of this.#idle.keys()) {
      if (connection.isFit) return;
      this.#drop(connection);
    }
    const connection = this.#connect();
    connection.configure(this.#session(expect));
    this.#keep(connection);
  }

  open({ rateHz, expect, onPartial }: SttOptions): SttSession {
    const session: RealtimeUtterance = new RealtimeUtterance({
      name: this.name,
      rateHz,
      onPartial,
      limits: this.#options.limits,
      session: this.#session(expect),
      connect: () => this.#connect(),
      over: (connection, isWell, wasUsed) => {
        this.#sessions.delete(session);
        if (connection !== undefined) this.#giveBack(connection, isWell, wasUsed);
      },
    });
    if (this.#closed) session.fail('unavailable', 'was closed');
    else if (this.#sessions.size >= LIMITS.sttConnections)
      session.fail('rateLimited', 'has no connection left');
    else {
      this.#sessions.add(session);
      const taken = this.#take();
      session.begin(taken, taken.isOpen);
    }
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.fail('unavailable', 'was closed');
    for (const connection of this.#idle.keys()) this.#drop(connection);
    await Promise.all(this.#ending);
  }

  #connect(): RealtimeConnection {
    const { apiKey, limits, url = 'wss://api.openai.com/v1/realtime?intent=transcription' } = this.#options;
    const connection: RealtimeConnection = new RealtimeConnection({
      name: this.name,
      url,
      apiKey,
      stalledMs: limits?.stalledMs ?? LIMITS.sttStalledMs,
      onEnd: () => this.#unkeep(connection),
    });
    return connection;
  }

  #take(): RealtimeConnection {
    const fit = [...this.#idle.keys()].filter(({ isFit }) => isFit);
    const connection = fit.find(({ isOpen }) => isOpen) ?? fit[0] ?? this.#connect();
    this.#unkeep(connection);
    return connection;
  }

  #giveBack(connection: RealtimeConnection, isWell: boolean, wasUsed: boolean): void {
    // This model takes what was said before into account, and what was said before may have been another caller's.
    const isSpent = wasUsed && this.#model.startsWith('gpt-transcribe');
    const isClean = (isWell && !isSpent) || !wasUsed;
    const isKept = isClean && connection.isFit && this.#idle.size < LIMITS.sttIdleConnections;
    connection.release();
    if (isKept && !this.#closed) this.#keep(connection);
    else this.#end(connection);
  }

  #keep(connection: RealtimeConnection): void {
    const idleMs = this.#options.limits?.idleMs ?? LIMITS.sttIdleMs;
    this.#idle.set(connection, setTimeout(() => this.#drop(connection), idleMs).unref());
  }

  #unkeep(connection: RealtimeConnection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }

  #drop(connection: RealtimeConnection): void {
    this.#unkeep(connection);
    this.#end(connection);
  }

  #end(connection: RealtimeConnection): void {
    const ended = connection.close();
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }

  #session(expect: Expectation): unknown {
    return {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: WIRE_RATE_HZ },
          transcription: this.#transcription(hintWords(expect)),
          turn_detection: null,
        },
      },
      // Only these tell how sure they are.
      ...(/^gpt-4o(-mini)?-transcribe/u.test(this.#model) && !this.#model.includes('diarize')
        ? { include: ['item.input_audio_transcription.logprobs'] }
        : {}),
    };
  }

  /** AudioTranscription of the API: its models differ in how they take hints and languages. */
  #transcription(hints: readonly string[]): unknown {
    const { language, prompt, delay } = this.#options;
    const common = { model: this.#model, ...(delay === undefined ? {} : { delay }) };
    if (/^gpt-(live-)?transcribe/u.test(this.#model)) {
      return {
        ...common,
        ...(prompt === undefined ? {} : { prompt }),
        // Told even when there are none: settings that are left out stay as they were for the caller before.
        keywords: hints,
        ...(language === undefined ? {} : { languages: [language] }),
      };
    }
    const spoken = language === undefined ? {} : { language };
    if (this.#model.startsWith('gpt-realtime-whisper')) return { ...common, ...spoken };
    return { ...common, ...spoken, prompt: [...(prompt === undefined ? [] : [prompt]), ...hints].join(', ') };
  }
}
