import { LIMITS } from '../../config/limits.ts';
import { RealtimeConversation } from './realtime_conversation.ts';
import { speechFault } from './realtime_events.ts';
import { type SpeechLimits, WIRE_RATE_HZ } from './realtime_exchange.ts';
import type { SpeechMeter } from './speech_meter.ts';
import type { SpeechConversation, SpeechEngine, SpeechOpening } from './types.ts';

const ADDRESS = 'wss://api.openai.com/v1/realtime';

export interface OpenAiSpeechOptions {
  readonly name: string;
  /** Undefined for servers that want none. */
  readonly apiKey: string | undefined;
  /** WebSocket address of a server that follows OpenAI's; the model is added to it. */
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  readonly voice?: string | undefined;
  /** Writes down what the caller said. */
  readonly transcription?: string | undefined;
  /** The caller's, ISO 639-1, for that. */
  readonly language?: string | undefined;
  /** Of the session, as the API has them, such as `reasoning`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly meter: SpeechMeter;
  readonly limits?: Partial<SpeechLimits>;
}

/**
 * OpenAI's Realtime API over WebSocket, which hears and speaks (https://developers.openai.com/api/docs/guides/realtime), and
 * servers that follow it. When turns begin and end is decided here; the far end answers when it is asked to. A call has a
 * connection of its own, which remembers the call.
 */
export function createOpenAiSpeech(options: OpenAiSpeechOptions): SpeechEngine {
  return new OpenAiSpeech(options);
}

class OpenAiSpeech implements SpeechEngine {
  readonly name: string;
  readonly #options: OpenAiSpeechOptions;
  readonly #url: string;
  readonly #open = new Set<RealtimeConversation>();
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: OpenAiSpeechOptions) {
    this.name = options.name;
    this.#options = options;
    const url = new URL(options.url ?? ADDRESS);
    if (!url.searchParams.has('model')) url.searchParams.set('model', options.model ?? 'gpt-realtime');
    this.#url = url.href;
  }

  open(opening: SpeechOpening): SpeechConversation {
    if (this.#isClosed) throw speechFault('unavailable', `${this.name} was closed`);
    if (this.#open.size >= LIMITS.speechConversations)
      throw speechFault('rateLimited', `${this.name} has no connection left`);
    const { name, apiKey, limits, meter } = this.#options;
    const conversation: RealtimeConversation = new RealtimeConversation({
      ...opening,
      name,
      apiKey,
      limits,
      meter: meter.heldBy(opening),
      url: this.#url,
      session: this.#session,
      onEnd: () => this.#ended(conversation),
    });
    this.#open.add(conversation);
    return conversation;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const conversation of this.#open) conversation.close();
    await Promise.all(this.#ending);
  }

  #ended(conversation: RealtimeConversation): void {
    this.#open.delete(conversation);
    const ended = conversation.closed;
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }

  get #session(): Readonly<Record<string, unknown>> {
    const { voice = 'marin', transcription = 'gpt-4o-mini-transcribe', language, settings } = this.#options;
    const format = { type: 'audio/pcm', rate: WIRE_RATE_HZ };
    return {
      output_modalities: ['audio'],
      max_output_tokens: LIMITS.speechAnswerTokens,
      audio: {
        input: {
          format,
          transcription: { model: transcription, ...(language !== undefined && { language }) },
          turn_detection: null,
        },
        output: { format, voice },
      },
      truncation: {
        type: 'retention_ratio',
        retention_ratio: 0.8,
        token_limits: { post_instructions: LIMITS.speechMemoryTokens },
      },
      ...settings,
    };
  }
}
