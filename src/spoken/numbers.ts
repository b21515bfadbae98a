import { toCardinal, toCurrency, toOrdinal } from 'n2words/en-US';

/** Numbers as Americans say them, in plain words: what is spoken has no hyphens. */
function unhyphenated(words: string): string {
  return words.replaceAll('-', ' ');
}

/** A whole number in words: 1421 is "one thousand four hundred twenty one". */
export function cardinal(number: number): string {
  return unhyphenated(toCardinal(number));
}

/** A whole number, zero or more, as its place in a row: 21 is "twenty first". */
export function ordinal(number: number): string {
  return number === 0 ? 'zeroth' : unhyphenated(toOrdinal(number));
}

/** An amount in words: 64050 is "six hundred forty dollars and fifty cents". */
export function money(cents: number): string {
  return unhyphenated(toCurrency(cents / 100));
}

/** "407" is "four zero seven"; everything but digits is left out. */
export function digitByDigit(text: string): string {
  return (text.match(/\d/gu) ?? []).map(digit => cardinal(Number(digit))).join(' ');
}

/** The way years are said: 1984 "nineteen eighty four", 1905 "nineteen oh five", 1200 "twelve hundred". */
export function inPairs(number: number): string {
  if (number < 100 || number > 9_999 || number % 1_000 === 0) return cardinal(number);
  const head = cardinal(Math.floor(number / 100));
  const tail = number % 100;
  if (tail === 0) return `${head} hundred`;
  return `${head} ${tail < 10 ? 'oh ' : ''}${cardinal(tail)}`;
}

/** A house number as Americans say it: 421 "four twenty one", 105 "one oh five", 2005 "two thousand five". */
export function houseNumber(number: number): string {
  const wholeThousands = number % 1_000 === 0 && number < 100_000;
  if (number >= 10_000 && !wholeThousands) return digitByDigit(String(number));
  return number % 1_000 < 10 ? cardinal(number) : inPairs(number);
}
