import { readCardinal } from '../numbers.ts';
import { isNumberWord } from './normalise.ts';

/** How many digits payment cards have (ISO/IEC 7812-1), and with what they begin (networks' ranges). */
const FEWEST_DIGITS = 13;
const MOST_DIGITS = 19;
const BEGINNING = /^[2-6]/;
/** Where the agent asked for a card, so many digits are its beginning. */
const BEGINNING_DIGITS = 4;

const ZERO: ReadonlySet<string> = new Set(['oh', 'o', 'zero']);
const TIMES: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['triple', 3],
]);
/** May stand between the digits of one number. */
const BETWEEN: ReadonlySet<string> = new Set(['and', 'then', 'dash', 'space']);
/** What else has so many digits, where it is named before them. */
const OTHER_NUMBERS: ReadonlySet<string> = new Set(
  (
    'account claim policy routing vin phone social confirmation order tracking reference serial member loan invoice ' +
    'license case ticket medicare group subscriber registration id receipt'
  ).split(' '),
);
/** How far before the digits they may be named. */
const NAMED_WITHIN = 5;

export interface CardDigits {
  readonly confidence: number;
  readonly from: number;
  readonly to: number;
}

/** The number of a payment card among the words, spoken in digits or pairs of them; `isAsked`: its beginning is enough. */
export function findCardDigits(tokens: readonly string[], isAsked: boolean): CardDigits | undefined {
  for (let from = 0; from < tokens.length; ) {
    if (!mayBegin(tokens[from]!)) {
      from += 1;
      continue;
    }
    const { digits, to } = readRun(tokens, from);
    const confidence = to > from ? confidenceOf(digits, isAsked) : 0;
    if (confidence > 0 && !isNamedOther(tokens, from)) return { confidence, from, to };
    from = Math.max(from + 1, to);
  }
  return undefined;
}

/** Most words are no number, and begin none. */
function mayBegin(token: string): boolean {
  return isNumberWord(token) || token === 'a';
}

function confidenceOf(digits: string, isAsked: boolean): number {
  if (digits.length >= FEWEST_DIGITS && BEGINNING.test(digits)) {
    if (digits.length <= MOST_DIGITS && isLuhn(digits)) return 0.97;
    // Recognisers drop and double digits.
    return digits.length >= 15 ? 0.85 : 0.6;
  }
  return isAsked && digits.length >= BEGINNING_DIGITS ? 0.93 : 0;
}

function isNamedOther(tokens: readonly string[], from: number): boolean {
  return tokens.slice(Math.max(0, from - NAMED_WITHIN), from).some(token => OTHER_NUMBERS.has(token));
}

/** All digits that stand together from a word on. */
function readRun(tokens: readonly string[], from: number): { readonly digits: string; readonly to: number } {
  let [digits, to] = ['', from];
  for (let at = from; at < tokens.length; ) {
    const token = tokens[at]!;
    if (BETWEEN.has(token) && digits !== '') {
      at += 1;
      continue;
    }
    const times = TIMES.get(token) ?? 1;
    const piece = readPiece(tokens, times > 1 ? at + 1 : at);
    if (piece === undefined) break;
    digits += piece.digits.repeat(times);
    at = piece.to;
    to = at;
  }
  return { digits, to };
}

function readPiece(
  tokens: readonly string[],
  at: number,
): { readonly digits: string; readonly to: number } | undefined {
  const token = tokens[at] ?? '';
  if (/^\d+$/.test(token)) return { digits: token, to: at + 1 };
  if (ZERO.has(token)) return { digits: '0', to: at + 1 };
  const number = readCardinal(tokens, at);
  return number && { digits: String(number.value), to: at + number.length };
}

/** ISO/IEC 7812-1, annex B. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let back = 0; back < digits.length; back += 1) {
    const digit = Number(digits[digits.length - 1 - back]);
    const weighted = back % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
