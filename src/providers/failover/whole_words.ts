/** A word being written; scripts without spaces have none, since each of their characters can stand alone. */
const SPACELESS = String.raw`\p{Ideographic}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}`;
const UNFINISHED = new RegExp(String.raw`[^\s${SPACELESS}]+$`, 'u');
/** A plain word with the end of a clause, which must not wait for the next word to be spoken. */
const CLAUSE_END = /^["'“‘(]*[\p{L}\p{M}'’-]{2,}[.,;:!?…][)"'”’]*$/u;
/** What is longer is passed on as it is. */
const HELD_CHARACTERS = 32;
const ENDS_SPACELESS = new RegExp(`[${SPACELESS}]$`, 'u');
const TOKEN = new RegExp(String.raw`[${SPACELESS}]|[^\s${SPACELESS}]+`, 'gu');

/** Passes text on in whole words, so that whoever goes on after a failure begins with a word. */
export class WholeWords {
  #held = '';

  take(text: string): string {
    const whole = this.#held + text;
    const unfinished = UNFINISHED.exec(whole)?.[0] ?? '';
    const isHeld = unfinished.length <= HELD_CHARACTERS && !CLAUSE_END.test(unfinished);
    this.#held = isHeld ? unfinished : '';
    return whole.slice(0, whole.length - this.#held.length);
  }

  /** There is no more: what is held was a word. */
  rest(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

interface Token {
  /** In lower case, without punctuation. */
  readonly plain: string;
  /** Where it ends in the text. */
  readonly end: number;
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map(({ 0: token, index }) => {
    const plain = token.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, '');
    return { plain: plain === '' ? token : plain, end: index + token.length };
  });
}

/**
 * What another model says after what was said, without the words of it that it says again: the longest beginning that is the
 * end of what was said. Text comes in whole words.
 */
export class Continuation {
  readonly #said: string;
  readonly #saidTokens: readonly Token[];
  #waiting = '';
  #isDecided = false;
  #isJoined = false;

  constructor(said: string) {
    this.#said = said;
    this.#saidTokens = tokensOf(said);
  }

  take(text: string): string {
    if (this.#isDecided) return this.#joined(text);
    this.#waiting += text;
    const tokens = tokensOf(this.#waiting);
    if (tokens.length === 0 || this.#mayRepeatMore(tokens)) return '';
    return this.#decided(tokens);
  }

  rest(): string {
    return this.#isDecided ? '' : this.#decided(tokensOf(this.#waiting));
  }

  #decided(tokens: readonly Token[]): string {
    this.#isDecided = true;
    return this.#joined(this.#waiting.slice(tokens[this.#repeated(tokens) - 1]?.end ?? 0));
  }

  /** True while all that came lies within what was said, before its end. */
  #mayRepeatMore(tokens: readonly Token[]): boolean {
    for (let from = 0; from + tokens.length < this.#saidTokens.length; from++)
      if (this.#agree(tokens, from, tokens.length)) return true;
    return false;
  }

  #repeated(tokens: readonly Token[]): number {
    const all = this.#saidTokens.length;
    for (let count = Math.min(all, tokens.length); count > 0; count--)
      if (this.#agree(tokens, all - count, count)) return count === 1 && this.#isSpelling() ? 0 : count;
    return 0;
  }

  #agree(tokens: readonly Token[], from: number, count: number): boolean {
    for (let at = 0; at < count; at++)
      if (tokens[at]?.plain !== this.#saidTokens[from + at]?.plain) return false;
    return true;
  }

  /** Digits and letters one by one often come twice. */
  #isSpelling(): boolean {
    const last = this.#saidTokens.slice(-2);
    return last.length === 2 && last.every(({ plain }) => /^(\d+|\p{L})$/u.test(plain));
  }

  /** With one space where two words meet. */
  #joined(text: string): string {
    if (this.#isJoined || text === '') return text;
    const isSpaced = /\s$/u.test(this.#said);
    const next = isSpaced ? text.trimStart() : text;
    if (next === '') return '';
    this.#isJoined = true;
    const meet = /[\p{L}\p{M}\p{N}.,;:!?…)"'”’]$/u.test(this.#said) && /^[\p{L}\p{N}("'“‘]/u.test(next);
    return meet && !ENDS_SPACELESS.test(this.#said) ? ` ${next}` : next;
  }
}
