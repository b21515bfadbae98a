import { cardinal } from '../../bench/caller/number_words.ts';

/** As people pick words for letters, who do not know an official alphabet. */
const LETTER_WORDS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'apple boy cat david edward frank george harry igloo john kite larry mary nancy oscar peter queen robert sam tom uncle ' +
    'victor william xray yellow zebra'
  )
    .split(' ')
    .map(word => [word.charAt(0), word]),
);

/** "m a p l e" */
export function spell(name: string): string {
  return [...name.toLowerCase().replaceAll(/[^a-z]/g, '')].join(' ');
}

/** "b as in boy seven three" */
export function spellWithWords(text: string): string {
  return [...text.toLowerCase()]
    .flatMap(sign => {
      if (/\d/.test(sign)) return cardinal(Number(sign));
      const word = LETTER_WORDS[sign];
      return word === undefined ? [] : `${sign} as in ${word}`;
    })
    .join(' ');
}

export function sayCode(code: string, style: string): string {
  if (style === 'written') return code.toLowerCase();
  if (style === 'alphabet') return spellWithWords(code);
  return [...code.toLowerCase()]
    .flatMap(sign => (/\d/.test(sign) ? cardinal(Number(sign)) : /[a-z]/.test(sign) ? sign : []))
    .join(' ');
}

/** "mary dot smith at gmail dot com" */
export function sayEmail(email: string, style: string): string {
  if (style === 'written') return email;
  return email
    .replaceAll('.', ' dot ')
    .replaceAll('@', ' at ')
    .replaceAll('_', ' underscore ')
    .replaceAll('-', ' dash ')
    .replaceAll('+', ' plus ')
    .replaceAll(/\d/g, digit => ` ${cardinal(Number(digit))} `)
    .replaceAll(/ +/g, ' ')
    .trim();
}

const KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'].flatMap((letters, index) =>
    [...letters].map(letter => [letter, String(index + 2)]),
  ),
);

/** The telephone keys that spell it. */
export function keysOfName(name: string): string {
  return [...name.toLowerCase()].map(sign => KEYS[sign] ?? '').join('');
}
