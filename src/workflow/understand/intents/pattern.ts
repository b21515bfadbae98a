import { isNumberWord } from './normalise.ts';
import { CLASSES } from './word_classes.ts';

/**
 * A pattern is a row of elements, each for one word:
 *
 *     stop            the word          stop|quit       one of them        @person     one of a class
 *     please?         may be missing    @det*           any number, or none
 *     *3              up to three words, none of which denies
 *     !list|lists     any other word    #               a number word or digits
 *     ^               the beginning     $               the end; also as one of several: again|$
 *
 * Between two elements, before the end and after the beginning, words that only colour what is said may stand.
 */
interface Element {
  readonly words: ReadonlySet<string>;
  readonly isNot: boolean;
  readonly takesNumber: boolean;
  readonly takesEnd: boolean;
  readonly min: number;
  readonly max: number;
  /** Takes any word that does not deny. */
  readonly isGap: boolean;
}

export interface Pattern {
  readonly isAnchored: boolean;
  readonly elements: readonly Element[];
}

const MAX_OF_A_CLASS = 6;
/** Words in a row that may stand before, between and after: beyond it nobody speaks, and the work would grow. */
const MAX_COURTESIES = 10;

const classOf = (name: string): readonly string[] => {
  const words = CLASSES[name];
  if (words === undefined) throw new Error(`no class of words is called ${name}`);
  return words;
};
const COLOURS: ReadonlySet<string> = new Set(classOf('colour'));
const LEADS: ReadonlySet<string> = new Set([...classOf('lead'), ...COLOURS]);
const TAILS: ReadonlySet<string> = new Set([...classOf('tail'), ...COLOURS]);
const DENIALS: ReadonlySet<string> = new Set(classOf('denial'));

export function compilePattern(source: string): Pattern {
  const parts = source.split(' ');
  const isAnchored = parts[0] === '^';
  const elements = parts.slice(isAnchored ? 1 : 0).map(compileElement);
  const [first] = elements;
  if (
    first === undefined ||
    (!isAnchored && (first.min === 0 || first.isNot || first.takesNumber || first.takesEnd))
  )
    throw new Error(`a pattern begins with a word: ${source}`);
  return { isAnchored, elements };
}

function compileElement(part: string): Element {
  const gap = /^\*(\d)$/.exec(part)?.[1];
  const suffix = gap === undefined ? (/[?*]$/.exec(part)?.[0] ?? '') : '';
  const isNot = part.startsWith('!');
  const names = part.slice(isNot ? 1 : 0, part.length - suffix.length).split('|');
  return {
    words: new Set(names.flatMap(name => (name.startsWith('@') ? classOf(name.slice(1)) : name))),
    isNot,
    takesNumber: names.includes('#'),
    takesEnd: !isNot && names.includes('$'),
    min: gap !== undefined || suffix !== '' ? 0 : 1,
    max: gap !== undefined ? Number(gap) : suffix === '*' ? MAX_OF_A_CLASS : 1,
    isGap: gap !== undefined,
  };
}

/** Where the pattern ends that begins at a word; -1: it doesn't. */
export function matchAt({ isAnchored, elements }: Pattern, tokens: readonly string[], from: number): number {
  if (!isAnchored) return matchRest(elements, 0, tokens, from);
  for (let start = from; start <= from + MAX_COURTESIES; start += 1) {
    const end = matchRest(elements, 0, tokens, start);
    if (end >= 0 || !LEADS.has(tokens[start] ?? '')) return end;
  }
  return -1;
}

/** The end of the elements from one on, where they begin at a word; -1: they don't. Takes as few words as it can. */
function matchRest(
  elements: readonly Element[],
  index: number,
  tokens: readonly string[],
  at: number,
): number {
  const element = elements[index];
  if (element === undefined) return at;
  let taken = 0;
  let next = at;
  for (;;) {
    if (taken >= element.min) {
      const end = matchRest(elements, index + 1, tokens, next);
      if (end >= 0) return end;
    }
    const token = tokens[next];
    if (element.takesEnd && isTail(tokens, next)) {
      const end = matchRest(elements, index + 1, tokens, tokens.length);
      if (end >= 0) return end;
    }
    if (token === undefined) return -1;
    if (taken < element.max && takes(element, token)) taken += 1;
    else if (taken > 0 || index === 0 || !COLOURS.has(token) || next - at >= MAX_COURTESIES) return -1;
    next += 1;
  }
}

function takes({ words, isNot, isGap, takesNumber }: Element, token: string): boolean {
  if (isGap) return !DENIALS.has(token);
  return isNot ? !words.has(token) : words.has(token) || (takesNumber && isNumberWord(token));
}

/** Whether nothing but words of courtesy follows. */
function isTail(tokens: readonly string[], from: number): boolean {
  if (tokens.length - from > MAX_COURTESIES) return false;
  for (let at = from; at < tokens.length; at += 1) if (!TAILS.has(tokens[at]!)) return false;
  return true;
}

const NONE = [] as const;

/** Patterns by the words that they begin with, so that most are never tried. */
export class PatternIndex<T> {
  readonly #anchored: { readonly pattern: Pattern; readonly value: T }[] = [];
  readonly #byWord = new Map<string, { readonly pattern: Pattern; readonly value: T }[]>();

  constructor(patterns: Iterable<readonly [source: string, value: T]>) {
    for (const [source, value] of patterns) {
      const pattern = compilePattern(source);
      if (pattern.isAnchored) this.#anchored.push({ pattern, value });
      else
        for (const word of pattern.elements[0]!.words)
          this.#byWord.set(word, [...(this.#byWord.get(word) ?? []), { pattern, value }]);
    }
  }

  /** Every pattern that the words have, at every place where it begins. */
  *matches(
    tokens: readonly string[],
  ): Generator<{ readonly value: T; readonly from: number; readonly to: number }> {
    for (const { pattern, value } of this.#anchored) {
      const to = matchAt(pattern, tokens, 0);
      if (to >= 0) yield { value, from: 0, to };
    }
    for (let from = 0; from < tokens.length; from += 1) {
      for (const { pattern, value } of this.#byWord.get(tokens[from]!) ?? NONE) {
        const to = matchAt(pattern, tokens, from);
        if (to >= 0) yield { value, from, to };
      }
    }
  }
}
