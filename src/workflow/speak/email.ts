import { digitByDigit } from '../../spoken/numbers.ts';
import { BUSINESS_WORDS, FIRST_NAMES, LAST_NAMES } from '../understand/known_names.ts';

const SIGNS: ReadonlyMap<string, string> = new Map(
  Object.entries({ '.': 'dot', _: 'underscore', '-': 'dash', '+': 'plus' }),
);
const PROVIDERS =
  'gmail googlemail yahoo hotmail outlook aol icloud live msn protonmail proton comcast verizon att';
const TOP_DOMAINS =
  'com net org edu gov us io co biz info ai me tv uk ca de fr es it nl eu app dev tech pro law agency insure';
const WORDS: ReadonlySet<string> = new Set(
  [...FIRST_NAMES, ...LAST_NAMES, ...BUSINESS_WORDS, ...PROVIDERS.split(' ')].filter(
    word => word.length >= 3,
  ),
);
const TOPS: ReadonlySet<string> = new Set(TOP_DOMAINS.split(' '));

/** Words that everybody writes in one way are said, all else is spelled: "J, smith, four two at gmail dot com". */
export function sayEmail(email: string): string {
  const [local = '', domain = ''] = email.split('@');
  const labels = domain.split('.');
  const said = labels.map((label, index) => (index > 0 && TOPS.has(label) ? label : sayPart(label)));
  return `${sayPart(local)} at ${said.join(' dot ')}`;
}

/** The letters of what stands before the at, for spelling it. */
export function sayLocalLetters(email: string): string {
  return [...(email.split('@')[0] ?? '')].map(sayCharacter).join(', ');
}

function sayPart(part: string): string {
  const pieces = part.match(/[a-z]+|\d+|[._+-]/g) ?? [];
  const said = pieces.map(piece => {
    const sign = SIGNS.get(piece);
    if (sign !== undefined) return sign;
    return /^\d/.test(piece) ? digitByDigit(piece) : sayLetters(piece);
  });
  return said.join(' ').replaceAll(/, (?=dot|dash|underscore|plus)/g, ' ');
}

/** A word that is known, an initial and a word, two words; else letter by letter. */
function sayLetters(letters: string): string {
  if (WORDS.has(letters)) return letters;
  for (let end = 1; end < letters.length; end += 1) {
    const [head, tail] = [letters.slice(0, end), letters.slice(end)];
    if (WORDS.has(tail) && (end === 1 || WORDS.has(head)))
      return end === 1 ? `${sayCharacter(head)}, ${tail}` : `${head} ${tail}`;
  }
  return [...letters].map(sayCharacter).join(', ');
}

/** "O" would be heard as a zero. */
function sayCharacter(character: string): string {
  if (/\d/.test(character)) return digitByDigit(character);
  return SIGNS.get(character) ?? (character === 'o' ? 'O as in Oscar' : character.toUpperCase());
}
