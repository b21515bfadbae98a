import type { Asker } from './use.ts';

/** What the recogniser may expect next. Providers without grammars use the phrases as hints or not at all. */
export interface Expectation {
  /** Names the grammar for caches: equal ids mean equal grammars. */
  readonly id: string;
  /** JSGF grammar (https://www.w3.org/TR/jsgf/) with one public rule. */
  readonly jsgf: string;
  /** Pronunciations for words that a dictionary lacks are made by the provider. */
  readonly hints?: readonly string[];
}

export interface Recognition {
  /** Words in lower case as the grammar spells them; empty when nothing was understood. */
  readonly text: string;
  /** 0…1; below the caller's threshold the text must not be acted on. */
  readonly confidence: number;
  readonly alternatives: readonly { readonly text: string; readonly confidence: number }[];
}

export interface SttSession {
  /** 16-bit samples at the rate given to `open`, any length up to a second. Never waits. */
  write(pcm: Int16Array): void;
  /**
   * What was said so far as it would be if that were all; what is written afterwards belongs to the same utterance. A provider
   * that can't tell leaves it out. Rejects where it fails, or when the utterance is over before; with a `refused` where there is
   * nothing to tell yet, which says nothing of the final.
   */
  settle?(): Promise<Recognition>;
  /** The end of the utterance: resolves with the final, once. */
  finish(): Promise<Recognition>;
  /** Gives up without a result. */
  cancel(): void;
}

export interface SttOptions extends Asker {
  readonly rateHz: 8000 | 16000;
  readonly expect: Expectation;
  readonly onPartial?: (text: string) => void;
}

export interface Stt {
  readonly name: string;
  /** Gets ready for an expectation before a session needs it. Never waits; what is wrong with it is told by sessions. */
  prepare(expect: Expectation): void;
  /** `onAnswer` is told of what was asked for in mid-utterance (`settle`), too. */
  open(options: SttOptions): SttSession;
  close(): Promise<void>;
}

export interface SpokenWord {
  readonly word: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** One sentence as sound: 16-bit mono PCM at `rateHz` with word times relative to its start. */
export interface SpokenSentence {
  readonly pcm: Int16Array;
  readonly rateHz: 8000 | 16000;
  readonly words: readonly SpokenWord[];
}

/** A part of a sentence as it becomes known: sound that follows what came before, words whose times are known by now. */
export interface SpokenPiece {
  /** 16-bit mono PCM at the rate that was asked for; may be empty. */
  readonly pcm: Int16Array;
  /** Times relative to the start of the sentence; every word comes once, in order, with or before the sound of its end. */
  readonly words: readonly SpokenWord[];
}

export interface TtsOptions extends Asker {
  readonly rateHz: 8000 | 16000;
  readonly signal: AbortSignal;
}

export interface Tts {
  readonly name: string;
  /** Opens what can be opened before the first sentence. Never waits, never throws. */
  prepare?(rateHz: 8000 | 16000): void;
  /**
   * Speaks one sentence, a piece as soon as it is there. Throws TTS_FAILED, or the signal's reason when aborted; whoever
   * stops iterating ends it. A provider that tells no word times gives none.
   */
  speak(sentence: string, options: TtsOptions): AsyncIterable<SpokenPiece>;
  close(): Promise<void>;
}

/** What the model may call; `parameters` is a JSON Schema of an object. */
export interface LlmTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface LlmToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: a JSON object if all went well. */
  readonly argumentsJson: string;
}

/** One message of a conversation, oldest first. */
export type LlmMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls?: readonly LlmToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly text: string };

export interface LlmUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input, those that the provider had in its cache. */
  readonly cachedTokens?: number;
}

/** What a model says, as it says it; a tool call comes whole. The last one is `end`. */
export type LlmDelta =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'toolCall'; readonly call: LlmToolCall }
  | {
      readonly type: 'end';
      readonly reason: 'stop' | 'length' | 'toolCalls' | 'refused';
      /** Undefined where the provider does not tell. */
      readonly usage: LlmUsage | undefined;
    };

export interface LlmRequest extends Asker {
  readonly messages: readonly LlmMessage[];
  readonly tools?: readonly LlmTool[];
  readonly maxTokens?: number;
  /** Left out where the model takes none. */
  readonly temperature?: number;
  /** Up to four texts before which the model stops; they are not part of its answer. */
  readonly stop?: readonly string[];
  /** The answer is JSON of this JSON Schema, an object without further properties; `name` of letters, digits, - and _. */
  readonly answerSchema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly signal: AbortSignal;
}

export interface Llm {
  readonly name: string;
  /** Opens what can be opened before the first request. Never waits, never throws. */
  prepare(): void;
  /** Throws LLM_FAILED, or the signal's reason when aborted; whoever stops iterating ends the request. */
  reply(request: LlmRequest): AsyncIterable<LlmDelta>;
  close(): Promise<void>;
}
