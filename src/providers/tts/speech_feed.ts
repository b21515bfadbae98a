import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import type { TimedToken } from './sentence_words.ts';

/** What came of a sentence: sound (16-bit little-endian, cut anywhere), or words with their times in all of the sound. */
export type FeedEvent =
  | { readonly type: 'sound'; readonly bytes: Uint8Array }
  | { readonly type: 'words'; readonly tokens: readonly TimedToken[] };

/**
 * One sentence on its way from a provider: the connection puts in what comes, the speaker takes it out. It fails by itself
 * when nothing comes for too long, or too much.
 */
export class SpeechFeed {
  readonly #name: string;
  readonly #stallMs: number;
  readonly #onGivenUp: () => void;
  readonly #waiting: FeedEvent[] = [];
  #bytes = 0;
  #fault: ProviderFault | undefined;
  #isOver = false;
  #stall: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  /** @param onGivenUp it failed by itself: what still comes is not wanted */
  constructor(name: string, stallMs: number, onGivenUp: () => void) {
    this.#name = name;
    this.#stallMs = stallMs;
    this.#onGivenUp = onGivenUp;
    this.#alive();
  }

  /** Bytes of sound so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing is taken any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get hasFailed(): boolean {
    return this.#fault !== undefined;
  }

  sound(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#bytes += bytes.length;
    if (this.#bytes > LIMITS.ttsSentenceBytes)
      this.#giveUp('protocol', 'sent more sound than a sentence has');
    else this.#put({ type: 'sound', bytes });
  }

  words(tokens: readonly TimedToken[]): void {
    if (!this.#isOver) this.#put({ type: 'words', tokens });
  }

  /** All has come. */
  done(): void {
    this.#end(undefined);
  }

  /** No more will come; what came before is still taken out. */
  fail(fault: ProviderFault): void {
    this.#end(fault);
  }

  /** What came, as it comes. Throws the fault after what came before it, and the signal's reason at once. */
  async *events(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = this.#waiting.shift();
        if (next !== undefined) yield next;
        else if (this.#fault !== undefined) throw this.#fault;
        else if (this.#isOver) return;
        else await this.#news();
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#end(undefined);
    }
  }

  #news(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  #put(event: FeedEvent): void {
    this.#alive();
    this.#waiting.push(event);
    this.#wake();
  }

  #alive(): void {
    this.#stall ??= setTimeout(
      () => this.#giveUp('timeout', `sent nothing for ${this.#stallMs} ms`),
      this.#stallMs,
    );
    this.#stall.refresh();
  }

  #giveUp(kind: 'protocol' | 'timeout', what: string): void {
    if (this.#isOver) return;
    this.fail(new ProviderFault('TTS_FAILED', kind, `${this.#name} ${what}`));
    this.#onGivenUp();
  }

  #end(fault: ProviderFault | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fault = fault;
    clearTimeout(this.#stall);
    this.#wake();
  }
}
