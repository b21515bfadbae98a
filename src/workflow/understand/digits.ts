import { belowHundred, ZERO } from './numbers.ts';

const TIMES: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['triple', 3],
]);
const POWERS: ReadonlyMap<string, string> = new Map([
  ['hundred', '00'],
  ['thousand', '000'],
]);
/** May stand between the digits of one number. */
const BETWEEN: ReadonlySet<string> = new Set([
  'dash',
  'hyphen',
  'space',
  'then',
  'and',
  'dot',
  'area',
  'code',
]);
/** How recognisers write digits among digits. */
const SOUND_LIKE: ReadonlyMap<string, string> = new Map([
  ['to', '2'],
  ['too', '2'],
  ['for', '4'],
  ['won', '1'],
  ['ate', '8'],
  ['tree', '3'],
  ['fife', '5'],
  ['niner', '9'],
]);

interface Digits {
  readonly digits: string;
  /** Tokens that they take. */
  readonly length: number;
}

/** One piece of a number that is told in pieces: "five", "oh", "twenty one", "double seven", "eight hundred", "617". */
export function digitPiece(tokens: readonly string[], at: number): Digits | undefined {
  const token = tokens[at] ?? '';
  const times = TIMES.get(token);
  if (times !== undefined) {
    const next = digitPiece(tokens, at + 1);
    return next?.digits.length === 1
      ? { digits: next.digits.repeat(times), length: next.length + 1 }
      : undefined;
  }
  if (/^\d+$/.test(token)) return { digits: token, length: 1 };
  if (ZERO.has(token)) return { digits: '0', length: 1 };
  const number = belowHundred(tokens, at);
  if (number === undefined) return undefined;
  const zeros = POWERS.get(tokens[at + number.length] ?? '');
  const digits = String(number.value);
  return zeros === undefined
    ? { digits, length: number.length }
    : { digits: digits + zeros, length: number.length + 1 };
}

/** All digits that are told in a row, in pieces of any size; words that sound like one count between others. */
export function readDigits(tokens: readonly string[], from: number): Digits | undefined {
  let digits = '';
  let to = from;
  for (let at = from; at < tokens.length; ) {
    const piece = digitPiece(tokens, at) ?? (digits === '' ? undefined : misheard(tokens, at));
    if (piece !== undefined) {
      digits += piece.digits;
      at += piece.length;
      to = at;
    } else if (digits !== '' && BETWEEN.has(tokens[at] ?? '')) at += 1;
    else break;
  }
  return digits === '' ? undefined : { digits, length: to - from };
}

function misheard(tokens: readonly string[], at: number): Digits | undefined {
  const digits = SOUND_LIKE.get(tokens[at] ?? '');
  const isAmid = at + 1 >= tokens.length || digitPiece(tokens, at + 1) !== undefined;
  return digits === undefined || !isAmid ? undefined : { digits, length: 1 };
}
