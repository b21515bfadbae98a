import type { RecogniserWire } from './recogniser_server.ts';
import type { ScriptedWord } from './scripted_words.ts';

/** How far a scripted utterance has been heard, by the sound that came of it. */
export class UtteranceScript {
  readonly #wire: RecogniserWire;
  readonly #bytesPerMs: number;
  #words: readonly ScriptedWord[] | undefined;
  /** All sound of the utterance, until the script knows what is said in it. */
  #head: Buffer = Buffer.alloc(0);
  #bytes = 0;

  constructor(wire: RecogniserWire, rateHz: number) {
    this.#wire = wire;
    this.#bytesPerMs = (rateHz * 2) / 1000;
  }

  /** Sound of the connection before this utterance, and all of it, seconds. */
  beginS = 0;
  get endS(): number {
    return this.beginS + this.heardMs / 1000;
  }

  get heardMs(): number {
    return this.#bytes / this.#bytesPerMs;
  }

  /** Silence between utterances, such as some providers are kept awake with, begins none. */
  hear(bytes: Buffer): void {
    if (this.#bytes === 0 && this.#wire.isSilence(bytes)) {
      this.beginS += bytes.length / this.#bytesPerMs / 1000;
      return;
    }
    if (this.#words === undefined) {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const { buffer, byteOffset, length } = this.#head;
      this.#words = this.#wire.script(new Int16Array(buffer.slice(byteOffset, byteOffset + (length & ~1))));
    }
    this.#bytes += bytes.length;
  }

  get hasBegun(): boolean {
    return this.#words !== undefined;
  }

  /** Words that have been said, as they are heard at first. */
  get partial(): readonly ScriptedWord[] {
    const words = this.#words?.filter(({ endMs }) => endMs <= this.heardMs) ?? [];
    return words.map(({ misheard, ...word }) =>
      misheard === undefined ? word : Object.assign(word, { word: misheard }),
    );
  }

  /** Words that have begun, as they are. */
  get final(): readonly ScriptedWord[] {
    return this.#words?.filter(({ startMs }) => startMs < this.heardMs) ?? [];
  }

  /** Whether `bytes`, the last heard, end it: all words were said so long ago; without words, at the first silence. */
  isOver(pauseMs: number, bytes: Buffer): boolean {
    const last = this.#words?.at(-1);
    if (last === undefined) return this.hasBegun && this.#wire.isSilence(bytes);
    return last.endMs + pauseMs <= this.heardMs;
  }

  /** The next utterance is another one. */
  next(): void {
    this.beginS = this.endS;
    this.#words = undefined;
    this.#head = Buffer.alloc(0);
    this.#bytes = 0;
  }
}
