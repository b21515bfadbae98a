import type { SpokenWord } from '../types.ts';

/** What a provider says of a part of a sentence: a word, a part of one or several, as it writes it. */
export interface TimedToken {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** How far ahead the sentence is searched for where a provider's words meet it again. */
const LOOK_AHEAD = 12;

/** Words as they stand in a sentence, split at white space. */
export function wordsOf(sentence: string): string[] {
  return sentence.split(/\s+/u).filter(word => word !== '');
}

/** What a word weighs in time: something, and its letters, and more for a digit, which is a word when it is said. */
export function weightOf(word: string): number {
  const digits = word.match(/\p{N}/gu)?.length ?? 0;
  const letters = word.match(/\p{L}/gu)?.length ?? 0;
  return 2 + letters + 4 * digits;
}

/**
 * Lays a provider's timed tokens back onto the sentence's own words: where it writes what the sentence says, letter by
 * letter; where it writes something else, such as "four twenty one" for "421", by sharing its time by length.
 */
export class SentenceWords {
  readonly #words: readonly string[];
  readonly #folded: readonly string[];
  #at = 0;
  /** Letters of the word at `#at` that have been told. */
  #taken = 0;
  #startMs = 0;
  #lastMs = 0;
  /** Tokens that stand for something else than the next word, from first to last. */
  #strange: { readonly startMs: number; endMs: number } | undefined;

  constructor(sentence: string) {
    this.#words = wordsOf(sentence);
    this.#folded = this.#words.map(folded);
  }

  /** The words that are known by this token. */
  take(token: TimedToken): SpokenWord[] {
    const text = folded(token.text);
    const startMs = Math.max(this.#lastMs, token.startMs);
    const endMs = Math.max(startMs, token.endMs);
    if (text === '' || !Number.isFinite(endMs)) return [];
    if (this.#strange === undefined && this.#fits(text, this.#at, this.#taken)) {
      return this.#spell(text, startMs, endMs);
    }
    const found = this.#find(text);
    if (found === undefined) {
      if (this.#strange === undefined) {
        this.#strange = { startMs: this.#taken > 0 ? this.#startMs : startMs, endMs };
        this.#taken = 0;
      } else this.#strange.endMs = endMs;
      return [];
    }
    const missed = this.#strange ?? { startMs: this.#lastMs, endMs: startMs };
    return [...this.#share(found, missed.startMs, startMs), ...this.#spell(text, startMs, endMs)];
  }

  /** The sentence is over: words that something else was said for take its time. Others may be left that nothing tells of. */
  rest(): SpokenWord[] {
    if (this.#strange !== undefined) {
      return this.#share(this.#words.length, this.#strange.startMs, this.#strange.endMs);
    }
    return this.#taken > 0 ? [this.#tell(this.#startMs, this.#lastMs)] : [];
  }

  #fits(text: string, word: number, taken: number): boolean {
    let [left, at, from] = [text, word, taken];
    while (left !== '') {
      const rest = this.#folded[at]?.slice(from);
      if (rest === undefined) return false;
      if (rest.startsWith(left)) return true;
      if (!left.startsWith(rest)) return false;
      left = left.slice(rest.length);
      at += 1;
      from = 0;
    }
    return true;
  }

  /** The next word at which the provider says what the sentence does. */
  #find(text: string): number | undefined {
    for (let word = this.#at; word < Math.min(this.#words.length, this.#at + LOOK_AHEAD); word++) {
      const isSame = this.#folded[word] !== '' && this.#fits(text, word, 0);
      if (isSame && (text.length > 1 || this.#folded[word] === text)) return word;
    }
    return undefined;
  }

  #spell(text: string, startMs: number, endMs: number): SpokenWord[] {
    const told: SpokenWord[] = [];
    let done = 0;
    const timeAt = (letters: number) => startMs + ((endMs - startMs) * letters) / text.length;
    if (this.#taken === 0) this.#startMs = startMs;
    while (this.#at < this.#words.length) {
      const rest = this.#folded[this.#at]!.slice(this.#taken);
      if (done >= text.length && rest !== '') break;
      const used = Math.min(rest.length, text.length - done);
      done += used;
      this.#taken += used;
      this.#lastMs = Math.max(this.#lastMs, timeAt(done));
      if (used < rest.length) break;
      told.push(this.#tell(this.#startMs, this.#lastMs));
      this.#startMs = this.#lastMs;
    }
    return told;
  }

  /** The words up to `end`, laid over a time by length. */
  #share(end: number, fromMs: number, toMs: number): SpokenWord[] {
    const words = this.#words.slice(this.#at, end);
    const total = words.reduce((sum, word) => sum + weightOf(word), 0);
    this.#strange = undefined;
    let before = 0;
    return words.map(word => {
      const startMs = fromMs + ((toMs - fromMs) * before) / total;
      before += weightOf(word);
      return this.#tell(startMs, fromMs + ((toMs - fromMs) * before) / total);
    });
  }

  #tell(startMs: number, endMs: number): SpokenWord {
    const word = this.#words[this.#at]!;
    this.#at += 1;
    this.#taken = 0;
    this.#lastMs = Math.max(this.#lastMs, endMs);
    return { word, startMs: Math.round(startMs), endMs: Math.round(Math.max(startMs, endMs)) };
  }
}

/** Letters and digits only, in lower case and without marks. */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}
