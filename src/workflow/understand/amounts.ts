import { digitPiece } from './digits.ts';
import { belowHundred, type NumberMatch, ZERO } from './numbers.ts';
import { PhraseTable } from './phrases.ts';

const POWERS: ReadonlyMap<string, number> = new Map([
  ['thousand', 1e3],
  ['k', 1e3],
  ['grand', 1e3],
  ['million', 1e6],
  ['mil', 1e6],
  ['billion', 1e9],
]);
const LETTER_POWERS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6 };
/** Words behind a number that go on in it, or are a number by themselves. */
const FRACTIONS = new PhraseTable<number>([
  ['and a half', 0.5],
  ['and one half', 0.5],
  ['and a quarter', 0.25],
  ['and three quarters', 0.75],
]);
const PARTS = new PhraseTable<number>([
  ['half a', 0.5],
  ['a half', 0.5],
  ['half of a', 0.5],
  ['a quarter', 0.25],
  ['a quarter of a', 0.25],
  ['quarter of a', 0.25],
  ['three quarters of a', 0.75],
]);
const DOZENS = new PhraseTable<number>([
  ['half a dozen', 6],
  ['a half dozen', 6],
  ['a dozen', 12],
  ['a couple dozen', 24],
]);
const FEW = new PhraseTable<number>([
  ['a couple of', 2],
  ['a couple', 2],
  ['couple of', 2],
  ['couple', 2],
]);
const MOST_DECIMALS = 4;

/**
 * A quantity in any of the ways in which people tell one: "a hundred and twenty thousand", "one point five million",
 * "two and a half thousand", "half a million", "twelve hundred", "two fifty", "two dozen", "50k".
 */
export function readAmount(tokens: readonly string[], from: number): NumberMatch | undefined {
  const fixed = DOZENS.at(tokens, from) ?? partOfPower(tokens, from);
  if (fixed !== undefined) return fixed;
  let [total, at, last] = [0, from, Number.POSITIVE_INFINITY];
  for (;;) {
    const and = at > from && tokens[at] === 'and' ? 1 : 0;
    const group = readGroup(tokens, at + and);
    if (group === undefined) break;
    const end = at + and + group.length;
    const power = tokens[end] === 'dozen' ? 12 : POWERS.get(tokens[end] ?? '');
    if (group.value * (power ?? 1) >= last || (at > from && !Number.isInteger(group.value))) break;
    total += group.value * (power ?? 1);
    at = end + (power === undefined ? 0 : 1);
    if (power === undefined || power === 12) break;
    const half = FRACTIONS.at(tokens, at);
    if (half !== undefined)
      return { value: rounded(total + half.value * power), length: at + half.length - from };
    last = power;
  }
  return at === from ? undefined : { value: rounded(total), length: at - from };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** "half a million", "a quarter million"; "half a" alone is none. */
function partOfPower(tokens: readonly string[], from: number): NumberMatch | undefined {
  const part = PARTS.at(tokens, from);
  const power = POWERS.get(tokens[from + (part?.length ?? 0)] ?? '');
  if (part === undefined || power === undefined) return undefined;
  return { value: part.value * power, length: part.length + 1 };
}

/** What may stand before a power: a number below ten thousand, with decimals or halves. */
function readGroup(tokens: readonly string[], at: number): NumberMatch | undefined {
  const token = tokens[at] ?? '';
  const [, digits, letter] = /^(\d{1,6})([km])$/.exec(token) ?? [];
  if (letter !== undefined) return { value: Number(digits) * (LETTER_POWERS[letter] ?? 1), length: 1 };
  const whole = readWhole(tokens, at) ?? (token === 'point' ? { value: 0, length: 0 } : undefined);
  if (whole === undefined) return undefined;
  const end = at + whole.length;
  if (tokens[end] === 'point') {
    const decimals = readDecimals(tokens, end + 1);
    if (decimals === undefined) return whole.length === 0 ? undefined : whole;
    return { value: whole.value + decimals.value, length: whole.length + 1 + decimals.length };
  }
  const half = FRACTIONS.at(tokens, end);
  return half === undefined ? whole : { value: whole.value + half.value, length: whole.length + half.length };
}

function readDecimals(tokens: readonly string[], from: number): NumberMatch | undefined {
  let [digits, at] = ['', from];
  for (let piece = digitPiece(tokens, at); piece !== undefined; piece = digitPiece(tokens, at)) {
    if (digits.length + piece.digits.length > MOST_DECIMALS) break;
    digits += piece.digits;
    at += piece.length;
  }
  return digits === '' ? undefined : { value: Number(`0.${digits}`), length: at - from };
}

function readWhole(tokens: readonly string[], at: number): NumberMatch | undefined {
  const token = tokens[at] ?? '';
  const next = tokens[at + 1] ?? '';
  if (/^\d{1,12}$/.test(token)) {
    return next === 'hundred'
      ? { value: Number(token) * 100, length: 2 }
      : { value: Number(token), length: 1 };
  }
  if (ZERO.has(token)) return { value: 0, length: 1 };
  const few = FEW.at(tokens, at);
  if (few !== undefined) return times100(tokens, at, few);
  if (token === 'a' || token === 'an') {
    if (next === 'hundred') return times100(tokens, at, { value: 1, length: 1 });
    return POWERS.has(next) ? { value: 1, length: 1 } : undefined;
  }
  if (token === 'hundred') return times100(tokens, at, { value: 1, length: 0 });
  const head = belowHundred(tokens, at);
  if (head === undefined)
    return POWERS.has(token) && !['grand', 'k', 'mil'].includes(token) ? { value: 1, length: 0 } : undefined;
  return times100(tokens, at, head);
}

/** "four" as it stands, "four hundred and twenty", and the short "four twenty" and "nineteen oh five". */
function times100(tokens: readonly string[], at: number, head: NumberMatch): NumberMatch {
  const end = at + head.length;
  if (tokens[end] === 'hundred') {
    const and = tokens[end + 1] === 'and' ? 1 : 0;
    const tail = belowHundred(tokens, end + 1 + and);
    const length = head.length + 1 + (tail === undefined ? 0 : and + tail.length);
    return { value: head.value * 100 + (tail?.value ?? 0), length };
  }
  const oh = ZERO.has(tokens[end] ?? '') ? 1 : 0;
  const tail = head.length === 0 ? undefined : belowHundred(tokens, end + oh);
  const isShort = tail !== undefined && (oh === 1 ? tail.value < 10 : tail.value >= 10);
  return isShort ? { value: head.value * 100 + tail.value, length: head.length + oh + tail.length } : head;
}
