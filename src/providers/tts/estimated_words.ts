import type { SpokenWord } from '../types.ts';
import { weightOf, wordsOf } from './sentence_words.ts';

/** Frames in which it is judged whether somebody speaks, 10 ms. */
const FRAME_MS = 10;
/** Frames above −45 dBFS are speech, 25 dB below what speech is brought to. */
const VOICED_RMS = 32_768 * 10 ** (-45 / 20);
/** A pause of a comma, and how far from the guess it may be, as a share of the word. */
const PAUSE_FRAMES = 10;
const NEAR = 0.6;

/**
 * Where the words of a sentence lie in its sound, by guess: they are laid over the stretches with voice by length, as the
 * sound comes at a pace that is taken from sentences before, at its end by what there was. Whatever is known of a word
 * moves the words after it.
 */
export class EstimatedWords {
  readonly #words: readonly string[];
  readonly #rateHz: number;
  /** Of voice, milliseconds for one unit of a word's weight. */
  readonly #paceMs: number;
  readonly #voiced: boolean[] = [];
  #energy = 0;
  #count = 0;
  #samples = 0;
  #at = 0;
  #lastMs = 0;

  constructor(sentence: string, rateHz: number, paceMs: number) {
    this.#words = wordsOf(sentence);
    this.#rateHz = rateHz;
    this.#paceMs = paceMs;
  }

  get soundMs(): number {
    return (this.#samples * 1000) / this.#rateHz;
  }

  /** The end of the word told last. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Words told so far. */
  get told(): number {
    return this.#at;
  }

  /** What the sound so far says of the pace; undefined without a voice. */
  get measuredPaceMs(): number | undefined {
    const weight = this.#words.reduce((sum, word) => sum + weightOf(word), 0);
    const voicedMs = this.#voicedMsSince(0);
    return voicedMs === 0 || weight === 0 ? undefined : voicedMs / weight;
  }

  /** The sound goes on. */
  add(pcm: Int16Array): void {
    const frame = (this.#rateHz * FRAME_MS) / 1000;
    for (const sample of pcm) {
      this.#energy += sample * sample;
      this.#count += 1;
      if (this.#count < frame) continue;
      this.#voiced.push(this.#energy > frame * VOICED_RMS ** 2);
      this.#energy = 0;
      this.#count = 0;
    }
    this.#samples += pcm.length;
  }

  /** The next word is known. */
  know(word: SpokenWord): SpokenWord {
    return this.#tell(word.startMs, word.endMs);
  }

  /** Only the last word is left, which ends when the voice does. */
  get isLast(): boolean {
    return this.#at === this.#words.length - 1;
  }

  /** The end of the voice so far. */
  get voicedEndMs(): number {
    return (this.#voiced.lastIndexOf(true) + 1) * FRAME_MS;
  }

  /** When the next word ends; undefined while there is not enough sound for it. */
  nextEndMs(): number | undefined {
    return this.#at < this.#words.length ? this.#span(this.#paceMs)?.endMs : undefined;
  }

  /** The next word by guess, if the sound so far holds it; never the last. */
  guess(): SpokenWord | undefined {
    const span = this.#at < this.#words.length - 1 ? this.#span(this.#paceMs) : undefined;
    return span === undefined ? undefined : this.#tell(span.startMs, span.endMs);
  }

  /** The sound is over: the words that are left share the voice that is left. */
  rest(): SpokenWord[] {
    const left = this.#words.slice(this.#at);
    const weight = left.reduce((sum, word) => sum + weightOf(word), 0);
    const paceMs = this.#voicedMsSince(this.#lastMs) / (weight || 1);
    return left.map(() => {
      const span = this.#span(paceMs) ?? { startMs: this.#lastMs, endMs: this.voicedEndMs };
      return this.#tell(span.startMs, span.endMs);
    });
  }

  #voicedMsSince(sinceMs: number): number {
    const from = Math.floor(sinceMs / FRAME_MS);
    const partMs = this.#voiced[from] === true ? sinceMs - from * FRAME_MS : 0;
    return this.#voiced.slice(from).filter(Boolean).length * FRAME_MS - partMs;
  }

  /** Where the next word lies at a pace; one with a mark after it ends at a pause that is near. */
  #span(paceMs: number): { startMs: number; endMs: number } | undefined {
    const word = this.#words[this.#at]!;
    const lengthMs = weightOf(word) * paceMs;
    const isMarked = /[.,;:!?]["')]*$/u.test(word);
    let [spentMs, startMs, endMs] = [0, undefined as number | undefined, undefined as number | undefined];
    for (let frame = Math.floor(this.#lastMs / FRAME_MS); frame < this.#voiced.length; frame++) {
      if (!this.#voiced[frame]) continue;
      const beginMs = Math.max(frame * FRAME_MS, this.#lastMs);
      startMs ??= beginMs;
      const leftMs = lengthMs - spentMs;
      spentMs += (frame + 1) * FRAME_MS - beginMs;
      if (endMs === undefined && spentMs >= lengthMs) endMs = beginMs + leftMs;
      const share = spentMs / lengthMs;
      if (isMarked && share > 1 - NEAR && share < 1 + NEAR && this.#pausesAt(frame + 1)) {
        return { startMs, endMs: (frame + 1) * FRAME_MS };
      }
      if (endMs !== undefined && share >= 1 + NEAR) break;
    }
    return startMs === undefined || endMs === undefined ? undefined : { startMs, endMs };
  }

  /** Whether a pause begins there that the sound so far holds. */
  #pausesAt(frame: number): boolean {
    const voice = this.#voiced.indexOf(true, frame);
    return (voice < 0 ? this.#voiced.length : voice) - frame >= PAUSE_FRAMES;
  }

  #tell(startMs: number, endMs: number): SpokenWord {
    const word = this.#words[this.#at]!;
    const start = Math.max(this.#lastMs, startMs);
    this.#lastMs = Math.max(start, endMs);
    this.#at += 1;
    return { word, startMs: Math.round(start), endMs: Math.round(this.#lastMs) };
  }
}
