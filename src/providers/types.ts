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
  /** The end of the utterance: resolves with the final, once. */
  finish(): Promise<Recognition>;
  /** Gives up without a result. */
  cancel(): void;
}

export interface Stt {
  readonly name: string;
  /** Gets ready for an expectation before a session needs it. Never waits; what is wrong with it is told by sessions. */
  prepare(expect: Expectation): void;
  open(options: {
    readonly rateHz: 8000 | 16000;
    readonly expect: Expectation;
    readonly onPartial?: (text: string) => void;
  }): SttSession;
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

export interface Tts {
  readonly name: string;
  /** Renders one sentence. Rejects with TTS_FAILED, or with the signal's reason when aborted. */
  speak(
    sentence: string,
    options: { readonly rateHz: 8000 | 16000; readonly signal: AbortSignal },
  ): Promise<SpokenSentence>;
  close(): Promise<void>;
}
