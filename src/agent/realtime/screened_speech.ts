import { SentenceSplitter } from '../model/sentence_splitter.ts';

export interface ScreenedSpeechParts {
  /** What is said of a sentence: itself, something in its place, or nothing. */
  readonly judge: (sentence: string) => readonly string[];
  /** May be heard: words of the transcript, and their sound. */
  readonly onWords: (words: string) => void;
  readonly onSound: (pcm: Int16Array) => void;
  /** The sound ends here: from the first sentence that may not be said on, this is said by another voice. */
  readonly onInstead: (sentences: readonly string[]) => void;
}

/** Sound that waits for its words. */
interface Held {
  readonly pcm: Int16Array;
  /** So many sentences must have passed. */
  readonly sentences: number;
}

/**
 * Sound of a model that waits until the words of its transcript were judged, sentence by sentence. Nobody tells which sound is
 * which word; the API sends words before their sound, so that sound is taken to belong to sentences that had begun when it
 * came, and none to one that begins later.
 */
export class ScreenedSpeech {
  readonly #parts: ScreenedSpeechParts;
  readonly #splitter = new SentenceSplitter();
  #held: Held[] = [];
  /** Characters that were written, and those of sentences that are over; spaces do not count. */
  #written = 0;
  #taken = 0;
  #sentences = 0;
  #isBroken = false;

  constructor(parts: ScreenedSpeechParts) {
    this.#parts = parts;
  }

  words(text: string): void {
    this.#written += lengthOf(text);
    this.#judge(this.#splitter.push(text));
  }

  sound(pcm: Int16Array): void {
    if (this.#isBroken) return;
    const isOpen = this.#written > this.#taken;
    this.#held.push({ pcm, sentences: this.#sentences + (isOpen || this.#written === 0 ? 1 : 0) });
    this.#release();
  }

  /** No more comes. */
  end(): void {
    this.#judge(this.#splitter.end());
    this.#sentences = Number.POSITIVE_INFINITY;
    if (this.#written > 0) this.#release();
  }

  #judge(sentences: readonly string[]): void {
    for (const sentence of sentences) {
      this.#taken += lengthOf(sentence);
      this.#sentences += 1;
      const said = this.#parts.judge(sentence);
      const isPassed = said.length === 1 && said[0] === sentence;
      if (isPassed && !this.#isBroken) {
        this.#parts.onWords(`${sentence} `);
        this.#release();
      } else {
        this.#isBroken = true;
        this.#held = [];
        this.#parts.onInstead(said);
      }
    }
  }

  #release(): void {
    const at = this.#held.findIndex(({ sentences }) => sentences > this.#sentences);
    const passed = this.#held.splice(0, at === -1 ? this.#held.length : at);
    for (const { pcm } of passed) this.#parts.onSound(pcm);
  }
}

function lengthOf(text: string): number {
  return text.replaceAll(/\s+/gu, '').length;
}
