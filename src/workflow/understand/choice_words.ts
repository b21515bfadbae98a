import type { PhraseMatch } from './phrases.ts';
import { CORRECTIONS, type Command, commandTable } from './words.ts';

/** Words that tell no choice from another one. */
const EMPTY: ReadonlySet<string> = new Set(
  (
    "a an the and or of to in on at for from with by about as into out up off over i i'm i've i'd i'll my mine me we we're we've " +
    "our us you you're your they they're them their he she it it's its this that that's these those there there's is isn't am " +
    "are was were be been being do don't does doesn't did didn't done have haven't has had will would can can't could couldn't " +
    'should may might must get gets got go goes going come just only also too very so really quite mostly mainly more most ' +
    'much many some any one ones thing things kind sort lot bit all anything something anybody somebody nobody anyone someone ' +
    "never not ever always still yet now then here what what's which who how when where why if because but than like want need " +
    'think guess believe say said mean maybe probably please thanks thank well okay yes yeah no'
  ).split(' '),
);
/** Whoever says fewer words names a value, or means something else. */
const LEAST_WORDS = 4;
/** Of the words with a meaning of their own at least such a share must speak for the value. */
const LEAST_SHARE = 0.5;

/** A word without its endings: "covered" and "coverage", "knowing" and "know". */
function stemOf(word: string): string {
  const plain = word.replace(/'s?$/, '').replaceAll("'", '');
  for (const ending of ['ages', 'age', 'ings', 'ing', 'ied', 'ies', 'ed', 'es', 's', 'ly', 'e', 'y']) {
    if (plain.endsWith(ending) && plain.length - ending.length >= 3) return plain.slice(0, -ending.length);
  }
  return plain;
}

function isEmpty(word: string): boolean {
  return EMPTY.has(word) || /^\d/.test(word);
}

/** Words of commands that are in other sentences as well: "what". */
function isQuestionWord(command: Command | undefined): boolean {
  return command === undefined || command === 'repeat' || command === 'identity';
}

/**
 * What a caller means who uses none of a choice's phrases, but their words: "I never know what's covered" where one value is "not
 * knowing what is covered". Every word that belongs to one value alone speaks for it; it is a guess, to be read back.
 */
export class ChoiceWords {
  readonly #valueOf = new Map<string, string | undefined>();

  constructor(phrases: readonly (readonly [phrase: string, value: string])[]) {
    for (const [phrase, value] of phrases) {
      for (const word of phrase.toLowerCase().match(/[a-z']+/g) ?? []) {
        if (isEmpty(word)) continue;
        const stem = stemOf(word);
        this.#valueOf.set(
          stem,
          !this.#valueOf.has(stem) || this.#valueOf.get(stem) === value ? value : undefined,
        );
      }
    }
  }

  /** Of a whole answer, from the place on where it begins to be about the choice. */
  at(tokens: readonly string[], from: number): PhraseMatch<string> | undefined {
    if (tokens.length < LEAST_WORDS) return undefined;
    // Whoever corrects or commands uses plainer words.
    if (tokens.some((_, at) => !isQuestionWord(commandTable.at(tokens, at)?.value))) return undefined;
    if (tokens.some(token => (CORRECTIONS as readonly string[]).includes(token))) return undefined;
    const told = tokens.flatMap((token, at) =>
      isEmpty(token) ? [] : [{ at, value: this.#valueOf.get(stemOf(token)) }],
    );
    const votes = told.filter(({ value }) => value !== undefined);
    const [first] = votes;
    const last = votes.at(-1);
    if (first?.value === undefined || last === undefined) return undefined;
    if (votes.some(({ value }) => value !== first.value) || votes.length < told.length * LEAST_SHARE)
      return undefined;
    const before = told.findLast(({ at }) => at < first.at);
    const start = before === undefined ? 0 : before.at + 1;
    return from === start ? { value: first.value, length: last.at + 1 - start } : undefined;
  }
}
