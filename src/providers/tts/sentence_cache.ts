import type { SpokenSentence } from '../types.ts';

/** Keeps the sentences used last, up to a number of bytes. */
export class SentenceCache {
  readonly #limitBytes: number;
  /** In order of last use. */
  readonly #sentences = new Map<string, SpokenSentence>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(key: string): SpokenSentence | undefined {
    const sentence = this.#sentences.get(key);
    if (sentence === undefined) return undefined;
    this.#sentences.delete(key);
    this.#sentences.set(key, sentence);
    return sentence;
  }

  /** A sentence larger than the whole cache is not kept. */
  set(key: string, sentence: SpokenSentence): void {
    if (sentence.pcm.byteLength > this.#limitBytes) return;
    this.#forget(key);
    this.#sentences.set(key, sentence);
    this.#bytes += sentence.pcm.byteLength;
    for (const oldest of this.#sentences.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#forget(oldest);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  #forget(key: string): void {
    this.#bytes -= this.#sentences.get(key)?.pcm.byteLength ?? 0;
    this.#sentences.delete(key);
  }
}
