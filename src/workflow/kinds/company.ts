import { LIMITS } from '../../config/limits.ts';
import { oneOf, rule } from '../jsgf.ts';
import { correctsCompany, endingAs, readCompany } from '../understand/free_words.ts';
import { BUSINESS_WORDS, LAST_NAMES } from '../understand/known_names.ts';
import { readLetters } from '../understand/letters.ts';
import type { Reading } from '../understand/scan.ts';
import { spellOut } from '../understand/spelling.ts';
import type { Kind } from './kind.ts';
import { LETTER_RULES } from './letter_rules.ts';

/** Names from elsewhere may have signs that nobody says. */
const STORED = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}'’ .,&+/()-]*$/u;
const SMALL: ReadonlySet<string> = new Set('and of the for in at by on to a an'.split(' '));
const CAPITALS: ReadonlySet<string> = new Set('llc llp usa'.split(' '));

function accepts(name: string): boolean {
  return name.length <= LIMITS.companyCharacters && STORED.test(name);
}

/** The name of a company as it is written: "Smith and Sons LLC". */
export function companyKind(): Kind {
  const words = rule('company', '<last_name> <business> [<business>] | <last_name> and sons', {
    last_name: oneOf(LAST_NAMES),
    business: oneOf(BUSINESS_WORDS),
  });
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    isFree: true,
    corrects: (tokens, value) => correctsCompany(tokens, String(value)),
    say: value => sayCompany(String(value)),
    accepts: value => typeof value === 'string' && accepts(value),
    grammar: { ...words, expansion: `[it is | it's | it is called] ${words.expansion}` },
    spellable: {
      hear: (tokens, refused) => {
        const name = spelledIn(tokens, refused.map(String));
        return name === undefined
          ? undefined
          : { groups: accepts(name) ? [[name]] : [], isExact: value => value === name };
      },
      readBack: value => ({
        letters: String(value).split(' ').map(spellOut).join('; '),
        name: String(value),
      }),
      grammar: rule('spelled_letters', '<letter>+', { letter: LETTER_RULES.letter }),
    },
  };
}

function read(tokens: readonly string[], from: number, asked: boolean): Reading | undefined {
  const match = readCompany(tokens, from, asked);
  if (match === undefined) return undefined;
  const name = written(saidOnce(match.words));
  return { values: accepts(name) ? [name] : [], length: match.length };
}

/** Who was not heard says all of it again: "blue harbor bakery blue harbor bakery". A word alone may be doubled: "Duran Duran". */
function saidOnce(words: readonly string[]): readonly string[] {
  const half = words.length / 2;
  const isTwice = half >= 2 && words.slice(0, half).every((word, at) => word === words[half + at]);
  return isTwice ? words.slice(0, half) : words;
}

/** Short words in capitals are told by their letters: "Smith and Sons L L C". */
function sayCompany(name: string): string {
  return name
    .replaceAll('&', ' and ')
    .replaceAll(/[+/()]/g, ' ')
    .replaceAll(/\b(?:[A-Z]{2,3}|[B-DF-HJ-NP-TV-Z]{2,5})\b/g, letters => [...letters].join(' '))
    .replaceAll(/ {2,}/g, ' ');
}

/** Letters of what was heard before have its words: "s u n r i s e l a n d s c a p i n g". */
function wordsIn(letters: string, refused: readonly string[]): readonly string[] {
  const known = refused.flatMap(name => {
    const words = name.split(' ');
    return words.map((_, at) => endingAs(words.slice(0, at + 1), letters) ?? []);
  });
  return known.find(({ length }) => length > 0)?.map(word => word.toLowerCase()) ?? [letters];
}

/** Every run of letters is a word, or several that are known. */
function spelledIn(tokens: readonly string[], refused: readonly string[]): string | undefined {
  const words: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    const letters = readLetters(tokens, at);
    if (letters !== undefined) words.push(...wordsIn(letters.letters, refused));
    else if (words.length > 0) words.push(tokens[at]!);
    at += letters?.length ?? 1;
  }
  const isSpelled =
    tokens.length > 0 && readLetters(tokens, 0) !== undefined && words.join('').length > tokens.length / 2;
  return isSpelled ? written(words) : undefined;
}

function written(words: readonly string[]): string {
  return words
    .map((word, index) => {
      if (CAPITALS.has(word) || /^\d/.test(word)) return word.toUpperCase();
      return index > 0 && SMALL.has(word) ? word : word.charAt(0).toUpperCase() + word.slice(1);
    })
    .join(' ');
}
