import type { LlmTool, LlmToolCall } from '../types.ts';
import type { AnsweredBy, Asker } from '../use.ts';

/** Who the model is, and what it may call. */
export interface SpeechSetup {
  readonly instructions: string;
  readonly tools: readonly LlmTool[];
}

/** What was said before, as it was heard; or a tool that was called, and what that answered. */
type SaidBefore =
  | { readonly by: 'caller' | 'agent'; readonly text: string }
  | {
      readonly by: 'tool';
      readonly id: string;
      readonly tool: string;
      readonly argumentsJson: string;
      readonly text: string;
    };

/** What came of one call of a tool, by the call's id. */
export interface CallOutput {
  readonly id: string;
  readonly text: string;
}

export interface SpeechOpening extends Pick<Asker, 'onUse'> {
  /** Of the caller's sound, and of the answers'. */
  readonly rateHz: 8000 | 16000;
  readonly setup: SpeechSetup;
  /** Oldest first. */
  readonly said: readonly SaidBefore[];
}

/**
 * An answer as it comes: 16-bit mono sound at the call's rate, what is said in it, and at its end all calls of tools. An answer
 * that did not come to its end by itself calls nothing.
 */
export type SpeechPart =
  | { readonly type: 'sound'; readonly pcm: Int16Array }
  /** The transcript goes on; it may run ahead of the sound. */
  | { readonly type: 'words'; readonly text: string }
  | { readonly type: 'toolCall'; readonly call: LlmToolCall };

/** What a model says to what it heard. */
export interface SpokenAnswer {
  /**
   * The caller's words as the provider wrote them down; undefined where it did not in time, though there is an answer. Rejects
   * with SPEECH_FAILED where it failed before.
   */
  readonly heard: Promise<string | undefined>;
  /** Who gave its first sound or call; undefined before. */
  readonly by?: AnsweredBy | undefined;
  /** To be taken once. Throws SPEECH_FAILED. */
  readonly parts: AsyncIterable<SpeechPart>;
  /**
   * What came of all that it called, once its parts are at their end: the model goes on, in an answer of its own, of which
   * `heard` tells nothing.
   */
  goOn(outputs: readonly CallOutput[]): SpokenAnswer;
  /** The same as far as it is known, where nobody waits for it any more: the model says nothing to it. */
  leave(outputs: readonly CallOutput[]): void;
  /** No more of it is wanted; safe at any time. */
  stop(): void;
  /** In its place this was said by another voice: the model remembers that. */
  replaced(text: string): void;
  /** So much of its sound was heard at last, in milliseconds: the model remembers no more. */
  wasHeard(soundMs: number): void;
  /** Neither it nor what it answers was said. */
  forget(): void;
}

/** One turn of the caller on its way to the model. */
export interface CallerSpeech {
  /** 16-bit samples, any length up to a second. Never waits, never throws. */
  write(pcm: Int16Array): void;
  /** That was all: the model answers. */
  answer(setup: SpeechSetup): SpokenAnswer;
  /** It was nothing; safe at any time. */
  cancel(): void;
}

/** A model that hears one call and remembers what was said in it. */
export interface SpeechConversation {
  /** Usable for another turn: not gone, nor about to be ended for its age, and it remembers what was said. */
  readonly isFit: boolean;
  /** The caller begins; at most one turn is open at a time. */
  hear(): CallerSpeech;
  /** Ends it with all that is under way. */
  close(): void;
}

/** A model that hears and speaks by itself. */
export interface SpeechEngine {
  readonly name: string;
  /** Begins at once and never waits; what goes wrong is told by its turns. Throws SPEECH_FAILED where nobody can be asked. */
  open(opening: SpeechOpening): SpeechConversation;
  close(): Promise<void>;
}
