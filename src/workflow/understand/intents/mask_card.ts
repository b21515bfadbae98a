import { readCardinal } from '../numbers.ts';
import { findCardDigits } from './card_digits.ts';
import { normalise } from './normalise.ts';

export const MASK = '[card number]';

/** Spoken or written digits, with what may stand between those of one number. */
const WORD = /[A-Za-z']+|\d+/g;
const BETWEEN: ReadonlySet<string> = new Set(['and', 'then', 'dash', 'space', 'double', 'triple', 'oh', 'o']);
/** So many numbers in a row may be a part of a card's. */
const FEWEST_PIECES = 2;
const FEWEST_DIGITS = 4;

/** What was said, without the digits where they are those of a payment card. */
export function withoutCard(text: string): string {
  return findCardDigits(normalise(text), false) === undefined ? text : withoutNumbers(text);
}

/** Every row of digits that is long enough to be a part of a card's number is left out. */
export function withoutNumbers(text: string): string {
  let told = '';
  let at = 0;
  for (const { from, to } of rowsIn(text)) {
    told += text.slice(at, from) + MASK;
    at = to;
  }
  return told + text.slice(at);
}

interface Row {
  readonly from: number;
  to: number;
  pieces: number;
  digits: number;
}

function rowsIn(text: string): readonly Row[] {
  const rows: Row[] = [];
  let row: Row | undefined;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const digits = digitsOf(word.toLowerCase());
    if (digits === undefined) row = undefined;
    if (!digits) continue;
    if (row === undefined) {
      row = { from: index, to: index, pieces: 0, digits: 0 };
      rows.push(row);
    }
    row.to = index + word.length;
    row.pieces += 1;
    row.digits += digits;
  }
  return rows.filter(({ pieces, digits }) => pieces >= FEWEST_PIECES || digits >= FEWEST_DIGITS);
}

/** How many digits a word stands for, 0 for one that stands between them. */
function digitsOf(word: string): number | undefined {
  if (/^\d/.test(word)) return word.length;
  if (BETWEEN.has(word)) return word === 'oh' || word === 'o' ? 1 : 0;
  return readCardinal([word], 0) === undefined ? undefined : 1;
}
