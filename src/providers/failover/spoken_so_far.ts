import type { ProviderFault } from '../provider_fault.ts';
import type { SpokenPiece, SpokenWord } from '../types.ts';
import { faultOf } from './attempt.ts';

/** A word of which more than this was heard was begun. */
const BEGUN_MS = 60;
const FRAME_MS = 10;
/** Louder samples are speech. */
const SPEECH_LEVEL = 300;
/** Whoever says more than that and tells no word, tells none at all. */
const LONGEST_WORD_MS = 1_000;
/** Speaking rate where no word times are told: about 14 characters a second. */
const CHARACTER_MS = 70;
/** Nobody speaks faster than that. */
const LEAST_CHARACTER_MS = 25;
/** Words looked ahead for one that is told, past others that are told in other words. */
const LOOK_AHEAD = 3;

const plain = (word: string): string => word.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, '');

/**
 * A sentence's sound from several synthesisers, one after the other. A told word is passed on when its sound begins, so that
 * one that was told but not heard is not counted twice.
 */
export class SpokenSoFar {
  readonly #rateHz: number;
  /** The sentence's words, and those of them that can be heard. */
  readonly #written: readonly string[];
  #samples = 0;
  /** Written words said, at least begun. */
  #said = 0;
  #toldWords = 0;
  /** Of the synthesiser that speaks. */
  #provider = '';
  #offsetMs = 0;
  #told = 0;
  /** Told since the last word that stands in the sentence: another way to say the next one. */
  #otherWords = 0;
  #isAligned = true;
  #pending: SpokenWord[] = [];
  #saidUntilMs = 0;
  /** Where frames of 10 ms with speech in them end. */
  #loudUntilMs: number[] = [];
  /** Words half said when the one before failed. */
  #halves: readonly SpokenWord[] = [];

  constructor(sentence: string, rateHz: number) {
    this.#rateHz = rateHz;
    this.#written = sentence.split(/\s+/u).filter(word => word !== '');
  }

  get soundMs(): number {
    return (this.#samples * 1000) / this.#rateHz;
  }

  /** What is left to be said; the sentence itself at first. */
  get rest(): string {
    return this.#written.slice(this.#said).join(' ');
  }

  get hasRest(): boolean {
    return this.#written.slice(this.#said).some(word => plain(word) !== '');
  }

  /** Another synthesiser speaks from here on. */
  begin(provider: string): void {
    this.#provider = provider;
    this.#offsetMs = this.soundMs;
    this.#saidUntilMs = this.#offsetMs;
    this.#loudUntilMs = [];
    this.#told = 0;
    this.#otherWords = 0;
    this.#isAligned = true;
    this.#pending = [];
  }

  /** The piece as it is passed on. Throws where its times make no sense. */
  take({ pcm, words }: SpokenPiece): SpokenPiece {
    for (const { word, startMs, endMs } of words) {
      if (!Number.isFinite(startMs) || !Number.isFinite(endMs))
        throw this.#fault('told word times that make no sense');
      this.#pending.push({ word, startMs: startMs + this.#offsetMs, endMs: endMs + this.#offsetMs });
      this.#told += 1;
    }
    this.#listen(pcm);
    const untilMs = this.soundMs;
    const begun = this.#pending.findIndex(
      ({ startMs, endMs }) => untilMs < Math.min(endMs, startMs + BEGUN_MS),
    );
    return this.#piece(pcm, this.#pending.splice(0, begun < 0 ? this.#pending.length : begun));
  }

  /** The synthesiser has said all. Throws where it can't have. */
  finish(): SpokenPiece {
    const isTimed = this.#told > 0;
    if (!isTimed && this.hasRest && this.#isTooShort) throw this.#fault('said next to nothing');
    const unheard = this.#pending.findIndex(({ startMs }) => startMs >= this.soundMs);
    const heard = this.#piece(
      new Int16Array(0),
      this.#pending.splice(0, unheard < 0 ? this.#pending.length : unheard),
    );
    if (isTimed && (unheard >= 0 || (this.#isAligned && this.hasRest))) {
      this.#halves = heard.words;
      throw this.#fault('did not say the sentence to its end');
    }
    if (isTimed || this.#toldWords === 0) return heard;
    // Those before it told words: so must this one.
    const rest = this.#guessed(this.#written.length - this.#said, this.#soundUntilMs);
    return { ...heard, words: [...heard.words, ...rest] };
  }

  /** The synthesiser failed: what was begun counts as said. */
  broken(): void {
    const isBetweenWords = this.#pending.length > 0 || this.#untoldSoundMs <= BEGUN_MS;
    this.#pending = [];
    if (this.#otherWords > 0) this.#said = Math.min(this.#said + 1, this.#written.length);
    else if (!isBetweenWords) {
      const untoldMs = this.#soundUntilMs - this.#saidUntilMs;
      const isTimed = this.#told > 0 || untoldMs < LONGEST_WORD_MS;
      const count = isTimed ? this.#nextHeard() : this.#begunIn(untoldMs);
      this.#halves = [...this.#halves, ...this.#guessed(count, this.#soundUntilMs)];
    }
  }

  /** Words that are told with the next piece, where there is none. */
  halves(): SpokenPiece {
    return this.#piece(new Int16Array(0), []);
  }

  /** Too little sound for what is left to be said. */
  get #isTooShort(): boolean {
    return this.#loudUntilMs.length * FRAME_MS <= this.rest.length * LEAST_CHARACTER_MS;
  }

  get #soundUntilMs(): number {
    return this.#loudUntilMs.at(-1) ?? this.#offsetMs;
  }

  /** Speech after the last word that was told. */
  get #untoldSoundMs(): number {
    return this.#loudUntilMs.filter(ms => ms > this.#saidUntilMs).length * FRAME_MS;
  }

  #listen(pcm: Int16Array): void {
    const frameSamples = (FRAME_MS * this.#rateHz) / 1000;
    for (let from = 0; from < pcm.length; from += frameSamples) {
      const to = Math.min(from + frameSamples, pcm.length);
      this.#samples += to - from;
      if (isLoud(pcm, from, to)) this.#loudUntilMs.push(this.soundMs);
    }
  }

  #fault(what: string): ProviderFault {
    return faultOf('tts', this.#provider, 'protocol', what);
  }

  #piece(pcm: Int16Array, told: readonly SpokenWord[]): SpokenPiece {
    for (const { word, endMs } of told) {
      this.#align(plain(word));
      this.#saidUntilMs = Math.max(this.#saidUntilMs, endMs);
    }
    const words = [...this.#halves, ...told];
    this.#halves = [];
    this.#toldWords += words.length;
    return { pcm, words };
  }

  #align(word: string): void {
    if (word === '') return;
    const at = this.#written
      .slice(this.#said)
      .filter(written => plain(written) !== '')
      .slice(0, LOOK_AHEAD)
      .findIndex(written => plain(written) === word);
    if (at < 0) {
      this.#otherWords += 1;
      this.#isAligned = false;
      return;
    }
    for (let count = 0; count <= at; count++) this.#said += this.#nextHeard();
    this.#otherWords = 0;
  }

  /** Written words up to and including the next one that can be heard. */
  #nextHeard(): number {
    const left = this.#written.slice(this.#said);
    const at = left.findIndex(word => plain(word) !== '');
    return at < 0 ? left.length : at + 1;
  }

  /** Written words begun within a time, at least one. */
  #begunIn(ms: number): number {
    let leftMs = ms;
    let count = 0;
    for (const word of this.#written.slice(this.#said)) {
      if (leftMs <= BEGUN_MS) break;
      leftMs -= (word.length + 1) * CHARACTER_MS;
      count += 1;
    }
    return Math.max(count, this.#nextHeard());
  }

  /** Words that were not told, spread over their sound by their letters. */
  #guessed(count: number, untilMs: number): SpokenWord[] {
    const words = this.#written.slice(this.#said, this.#said + count);
    const letters = words.reduce((sum, word) => sum + word.length, 0);
    const letterMs = Math.max(0, untilMs - this.#saidUntilMs) / Math.max(1, letters);
    this.#said += words.length;
    return words.map(word => {
      const startMs = this.#saidUntilMs;
      this.#saidUntilMs += word.length * letterMs;
      return { word, startMs, endMs: this.#saidUntilMs };
    });
  }
}

function isLoud(pcm: Int16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (Math.abs(pcm[at]!) > SPEECH_LEVEL) return true;
  return false;
}
