import type { FaultKind } from '../provider_fault.ts';

/** What a connection is dialled for; an utterance goes over one that was dialled for the same. */
export interface StreamSettings {
  readonly rateHz: 8000 | 16000;
  /** Words to expect, within the limits. */
  readonly keyterms: readonly string[];
}

/** One stretch of an utterance as it is known now; told again each time more is known of it. */
export interface HeardWords {
  /** Counts up in an utterance. */
  readonly segment: number;
  /** As the provider wrote it. */
  readonly text: string;
  /** 0…1, of each word, or one of them all. */
  readonly confidences: readonly number[];
  readonly alternatives: readonly { readonly text: string; readonly confidence: number }[];
  /** Nothing of it will change. */
  readonly isSettled: boolean;
  /** Up to where the connection's sound is in it, seconds of what was ever sent; undefined where that isn't told. */
  readonly endS: number | undefined;
}

/** What a message of the provider says. */
export type StreamEvent =
  /** Nothing that matters here, but the provider lives. */
  | { readonly type: 'alive' }
  /** `isAnswer`: this is what was asked for by `askFinal`, if it was. */
  | { readonly type: 'words'; readonly words: HeardWords; readonly isAnswer: boolean }
  /** There is nothing to add for `askFinal`. */
  | { readonly type: 'answer' }
  /** All has been told after `endStream`. */
  | { readonly type: 'over' }
  | { readonly type: 'fault'; readonly kind: FaultKind; readonly what: string };

/** Reads what comes on one connection. */
export interface StreamReader {
  /** A further utterance begins, after so many seconds of sound on this connection: what belongs to earlier ones is theirs. */
  begin(sentS: number): void;
  /** @throws SyntaxError when it is not JSON */
  read(text: string): StreamEvent;
}

/** How one provider's WebSocket wants speech and tells words. */
export interface StreamDialect {
  /** Provider's name, for errors. */
  readonly name: string;
  url(settings: StreamSettings): string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sound goes in pieces this long; a last, shorter one is filled with silence where the provider refuses it. */
  readonly leastPieceMs: number;
  readonly mostPieceMs: number;
  readonly fillsLastPiece: boolean;
  /** Messages come as long as sound flows, whether anything is said or not. */
  readonly isSteady: boolean;
  /** Asks for the final of what was sent so far; the connection stays. */
  readonly askFinal: string;
  /** Answers that also when nothing was said. */
  readonly answersAlways: boolean;
  /** Ends the stream in order: the provider tells what it has, then `over`, or closes the connection. */
  readonly endStream: string;
  /** Keeps an idle connection: a message, or so many milliseconds of silence, or nothing where none is needed. */
  readonly keepAlive: string | number | undefined;
  /** How long a connection is kept without an utterance. */
  readonly idleMs: number;
  reader(): StreamReader;
  faultOfClose(code: number, reason: string): FaultKind | undefined;
}

/** Times that tests make shorter; LIMITS unless given. */
export interface StreamTimes {
  readonly connectMs: number;
  readonly pingMs: number;
  readonly stalledMs: number;
  readonly stalledAudioMs: number;
  readonly answerMs: number;
  readonly silentMs: number;
  readonly finalMs: number;
  readonly keepAliveMs: number;
  readonly idleMs: number;
}
