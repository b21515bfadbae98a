import type { SpokenPiece, SpokenWord } from '../providers/types.ts';
import { firstWordMs, heardText } from './heard_text.ts';
import type { Sounding } from './sounding.ts';

/** One sentence that is being rendered: its sound as far as it is there, waiting to be taken, and its words. */
export class SoundingSentence implements Sounding {
  readonly text: string;
  readonly #rateHz: number;
  readonly #onSound: () => void;
  readonly #words: SpokenWord[] = [];
  readonly #waiting: Int16Array[] = [];
  readonly #rendering: Promise<void>;
  #samples = 0;
  #isWhole = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** Begins at once; `onSound` is told when sound comes. */
  constructor(text: string, pieces: AsyncIterable<SpokenPiece>, rateHz: number, onSound: () => void) {
    this.text = text;
    this.#rateHz = rateHz;
    this.#onSound = onSound;
    this.#rendering = this.#render(pieces);
  }

  /** Its next sound, as soon as there is some; undefined at its end. Rejects where the rendering failed. */
  async next(): Promise<Int16Array | undefined> {
    for (;;) {
      const pcm = this.#waiting.shift();
      if (pcm !== undefined) return pcm;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isWhole) return undefined;
      await Promise.race([
        this.#rendering,
        new Promise<void>(resolve => {
          this.#wake = resolve;
        }),
      ]);
    }
  }

  /** The end of its first word in milliseconds of its sound; never, where that is not known yet. */
  get firstWordMs(): number {
    return firstWordMs(this.#spoken);
  }

  /** The words heard to their end when `heardMs` of its sound was heard, spelled as in the sentence. */
  heard(heardMs: number): string {
    return heardText(this.text, this.#spoken, heardMs);
  }

  get #spoken() {
    return { soundMs: (this.#samples * 1000) / this.#rateHz, words: this.#words, isWhole: this.#isWhole };
  }

  async #render(pieces: AsyncIterable<SpokenPiece>): Promise<void> {
    try {
      for await (const { pcm, words } of pieces) {
        this.#words.push(...words);
        this.#samples += pcm.length;
        if (pcm.length > 0) {
          this.#waiting.push(pcm);
          this.#onSound();
        }
        this.#wake();
      }
      this.#isWhole = true;
    } catch (error) {
      // A failure counts when its turn to be heard comes, not before.
      this.#failure = { error };
    }
  }
}
