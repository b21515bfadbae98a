import type { SpokenPiece, SpokenWord, Tts } from '../types.ts';
import { joined } from './edge_silence.ts';
import { EstimatedWords } from './estimated_words.ts';
import { wordsOf } from './sentence_words.ts';

/** Of voice a unit of a word's weight, before a sentence was heard, and what is believed of it, milliseconds. */
const FIRST_PACE_MS = 55;
const LEAST_PACE_MS = 30;
const MOST_PACE_MS = 110;
/** What one more sentence weighs against those before. */
const WEIGHT = 0.3;
/** Sound held for words that a provider tells after it; then they are guessed. */
const HELD_MS = 300;
/** Sound let go before the next word is known: it is hardly ever said in less than this share of the guess. */
const SURE_SHARE = 0.7;

/**
 * Has a synthesiser tell each word with or before the sound of its end: the times that it tells itself, and guesses for
 * words that it does not tell in time, with no more than a pause after them given before. @param tellsWords whether it tells any, so that sound waits for them a little
 */
export function withWordTimes<T extends Tts>(tts: T, tellsWords: boolean): T {
  let paceMs = FIRST_PACE_MS;
  return {
    ...tts,
    async *speak(sentence, options) {
      const timed = new TimedSentence(sentence, options.rateHz, paceMs, tellsWords);
      try {
        for await (const piece of tts.speak(sentence, options)) {
          const ready = timed.take(piece);
          if (ready.pcm.length > 0 || ready.words.length > 0) yield ready;
        }
      } catch (error) {
        options.signal.throwIfAborted();
        // What came is still to be heard; whoever goes on elsewhere needs to know how far it reaches.
        const rest = timed.brokenOff();
        if (rest.pcm.length > 0 || rest.words.length > 0) yield rest;
        throw error;
      }
      const measured = timed.measuredPaceMs;
      if (measured !== undefined) {
        paceMs += WEIGHT * (Math.max(LEAST_PACE_MS, Math.min(MOST_PACE_MS, measured)) - paceMs);
      }
      const rest = timed.end();
      if (rest.pcm.length > 0 || rest.words.length > 0) yield rest;
    },
  };
}

class TimedSentence {
  readonly #estimate: EstimatedWords;
  readonly #rateHz: number;
  readonly #count: number;
  readonly #heldMs: number;
  #held: Int16Array = new Int16Array(0);
  #givenMs = 0;
  /** Words that the synthesiser told itself. */
  #heard = 0;

  constructor(sentence: string, rateHz: number, paceMs: number, tellsWords: boolean) {
    this.#estimate = new EstimatedWords(sentence, rateHz, paceMs);
    this.#rateHz = rateHz;
    this.#count = wordsOf(sentence).length;
    this.#heldMs = tellsWords ? HELD_MS : 0;
  }

  get measuredPaceMs(): number | undefined {
    return this.#estimate.measuredPaceMs;
  }

  take(piece: SpokenPiece): SpokenPiece {
    const beforeMs = this.#estimate.soundMs;
    this.#hold(piece.pcm);
    const { soundMs } = this.#estimate;
    // The words of a piece may come right after it, however long it is.
    const overdueMs = this.#heldMs === 0 ? soundMs : Math.min(beforeMs, soundMs - this.#heldMs);
    const words = this.#known(piece.words);
    for (;;) {
      const endMs = this.#estimate.nextEndMs();
      if (endMs === undefined || endMs > overdueMs || this.#estimate.isLast) break;
      words.push(this.#estimate.guess()!);
    }
    return { pcm: this.#release(overdueMs), words };
  }

  /** All that is held, with the words that it seems to hold: the sentence goes on elsewhere. */
  brokenOff(): SpokenPiece {
    const words: SpokenWord[] = [];
    for (let word = this.#estimate.guess(); word !== undefined; word = this.#estimate.guess())
      words.push(word);
    return { pcm: this.#all(), words };
  }

  end(): SpokenPiece {
    const isSilent = this.#estimate.soundMs === 0;
    return { pcm: this.#all(), words: isSilent ? [] : this.#estimate.rest() };
  }

  /** Of the synthesiser's words, those that were not guessed before. */
  #known(words: readonly SpokenWord[]): SpokenWord[] {
    const told: SpokenWord[] = [];
    for (const word of words) {
      this.#heard += 1;
      if (this.#heard > this.#estimate.told && this.#heard <= this.#count)
        told.push(this.#estimate.know(word));
    }
    return told;
  }

  #hold(pcm: Int16Array): void {
    this.#estimate.add(pcm);
    this.#held = joined([this.#held, pcm]);
  }

  /** The sound up to where the next word, which is not known, may end. The last one takes the silence after it along. */
  #release(overdueMs: number): Int16Array {
    const { lastMs, isLast, voicedEndMs, soundMs } = this.#estimate;
    const endMs = this.#heldMs === 0 ? undefined : this.#estimate.nextEndMs();
    const freeMs =
      endMs === undefined ? soundMs : Math.max(lastMs + SURE_SHARE * (endMs - lastMs), overdueMs);
    const sureMs = Math.max(this.#givenMs, isLast ? Math.min(freeMs, voicedEndMs) : freeMs);
    const samples = Math.min(this.#held.length, Math.round(((sureMs - this.#givenMs) * this.#rateHz) / 1000));
    const ready = this.#held.slice(0, samples);
    this.#held = this.#held.slice(samples);
    this.#givenMs += (samples * 1000) / this.#rateHz;
    return ready;
  }

  #all(): Int16Array {
    const all = this.#held;
    this.#givenMs = this.#estimate.soundMs;
    this.#held = new Int16Array(0);
    return all;
  }
}
