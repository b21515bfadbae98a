import { cardinal, ordinal } from '../../spoken/numbers.ts';
import type { PhraseMatch } from './phrases.ts';

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const UNITS: ReadonlyMap<string, number> = new Map(range(1, 9).map(n => [cardinal(n), n]));
const TEENS: ReadonlyMap<string, number> = new Map(range(10, 19).map(n => [cardinal(n), n]));
const TENS: ReadonlyMap<string, number> = new Map(range(2, 9).map(n => [cardinal(n * 10), n * 10]));
export const ZERO: ReadonlySet<string> = new Set(['oh', 'o', 'zero']);
const ORDINALS: ReadonlyMap<string, number> = new Map(range(1, 99).map(n => [ordinal(n), n]));
const MAX_DIGITS = 6;

export type NumberMatch = PhraseMatch<number>;

/** One to ninety-nine in words. */
export function belowHundred(tokens: readonly string[], from: number): NumberMatch | undefined {
  const first = tokens[from] ?? '';
  const ten = TENS.get(first);
  if (ten !== undefined) {
    const unit = UNITS.get(tokens[from + 1] ?? '');
    return unit === undefined ? { value: ten, length: 1 } : { value: ten + unit, length: 2 };
  }
  const value = TEENS.get(first) ?? UNITS.get(first);
  return value === undefined ? undefined : { value, length: 1 };
}

/** What may stand before "hundred" or "thousand": "four", "twelve", "a". */
function multiplier(tokens: readonly string[], from: number): NumberMatch | undefined {
  const followed = ['hundred', 'thousand'].includes(tokens[from + 1] ?? '');
  return tokens[from] === 'a' && followed ? { value: 1, length: 1 } : belowHundred(tokens, from);
}

/** The rest after "hundred" or "thousand": "[and] twenty one". */
function tail(tokens: readonly string[], from: number, below: typeof belowHundred): NumberMatch | undefined {
  const and = tokens[from] === 'and' ? 1 : 0;
  const rest = below(tokens, from + and);
  return rest && { value: rest.value, length: rest.length + and };
}

function belowTenThousandths(tokens: readonly string[], from: number): NumberMatch | undefined {
  const head = multiplier(tokens, from);
  if (head === undefined || tokens[from + head.length] !== 'hundred') return head;
  const rest = tail(tokens, from + head.length + 1, belowHundred);
  return { value: head.value * 100 + (rest?.value ?? 0), length: head.length + 1 + (rest?.length ?? 0) };
}

/** A number with its powers spoken: "four hundred and twenty one", "two thousand five", "twenty one". */
export function readCardinal(tokens: readonly string[], from: number): NumberMatch | undefined {
  if (/^\d{1,6}$/.test(tokens[from] ?? '')) return { value: Number(tokens[from]), length: 1 };
  const head = belowTenThousandths(tokens, from);
  if (head === undefined || tokens[from + head.length] !== 'thousand') return head;
  const rest = tail(tokens, from + head.length + 1, belowTenThousandths);
  return { value: head.value * 1000 + (rest?.value ?? 0), length: head.length + 1 + (rest?.length ?? 0) };
}

/** A number told in pieces that are written one after the other: "four twenty one", "one oh five", "4 21". */
function readPieces(tokens: readonly string[], from: number): NumberMatch | undefined {
  let digits = '';
  let at = from;
  while (at < tokens.length) {
    const token = tokens[at] ?? '';
    const piece = ZERO.has(token) ? { value: 0, length: 1 } : belowHundred(tokens, at);
    const written = /^\d+$/.test(token) ? token : piece && String(piece.value);
    if (written === undefined || digits.length + written.length > MAX_DIGITS) break;
    digits += written;
    at += piece?.length ?? 1;
  }
  return digits === '' || digits.startsWith('0') ? undefined : { value: Number(digits), length: at - from };
}

/** A house number in any of the ways in which people tell one; the reading that takes more words counts. */
export function readHouseNumber(tokens: readonly string[], from: number): NumberMatch | undefined {
  const pieces = readPieces(tokens, from);
  const powers = readCardinal(tokens, from);
  if (pieces === undefined || powers === undefined) return pieces ?? powers;
  return pieces.length >= powers.length ? pieces : powers;
}

/** "third", "twenty first", "21st". */
export function readOrdinal(tokens: readonly string[], from: number): NumberMatch | undefined {
  const digits = /^(\d{1,2})(?:st|nd|rd|th)$/.exec(tokens[from] ?? '')?.[1];
  if (digits !== undefined) return { value: Number(digits), length: 1 };
  const two = ORDINALS.get(`${tokens[from] ?? ''} ${tokens[from + 1] ?? ''}`);
  if (two !== undefined) return { value: two, length: 2 };
  const one = ORDINALS.get(tokens[from] ?? '');
  return one === undefined ? undefined : { value: one, length: 1 };
}
