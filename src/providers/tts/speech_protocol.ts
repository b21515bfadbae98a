import type { ProviderFault } from '../provider_fault.ts';
import type { Tts } from '../types.ts';
import type { TimedToken } from './sentence_words.ts';

/** A synthesiser behind a network. */
export interface NetworkTts extends Tts {
  /** Opens what can be opened before a sentence is there. Never waits, never throws. */
  prepare(rateHz: 8000 | 16000): void;
}

/** What a message of a provider means for a sentence; without an id it is for the only one on its connection. */
export type SpeechEvent =
  | { readonly type: 'sound'; readonly id?: string | undefined; readonly bytes: Uint8Array }
  | {
      readonly type: 'words';
      readonly id?: string | undefined;
      readonly tokens: readonly TimedToken[];
      /** Whether their times count from the sentence's start, or from the sound that comes next. */
      readonly from: 'start' | 'here';
    }
  | { readonly type: 'done'; readonly id?: string | undefined }
  /** A sentence that was given up is out of the provider's hands. */
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly id?: string | undefined; readonly fault: ProviderFault };

/** How a provider speaks sentences over a WebSocket. */
export interface SpeechProtocol {
  readonly name: string;
  /** Sentences on one connection at once. */
  readonly atOnce: number;
  /** Sentences on one connection within a minute. */
  readonly perMinute?: number;
  /** A connection carries sentences of any rate. */
  readonly anyRate: boolean;
  /** It says when a sentence that was given up is out of its hands; its place is not free before. */
  readonly confirmsCancel: boolean;
  /** A connection without sentences is closed after this long, before the provider does it. */
  readonly idleMs: number;
  connect(rateHz: number): { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  begin(id: string, sentence: string, rateHz: number): readonly unknown[];
  cancel(id: string): readonly unknown[];
  /** What a text frame means. Whatever it throws is a fault of kind protocol. */
  read(text: string): readonly SpeechEvent[];
}
