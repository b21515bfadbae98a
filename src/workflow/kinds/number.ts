import { cardinal, digitByDigit } from '../../spoken/numbers.ts';
import { amountPart, digitsPart } from '../number_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { readAmount } from '../understand/amounts.ts';
import { type PhraseMatch, PhraseTable } from '../understand/phrases.ts';
import type { Kind } from './kind.ts';

const MOST_DECIMALS = 2;
/** How recognisers write a number that is said alone. */
const SOUND_LIKE: ReadonlyMap<string, number> = new Map(
  Object.entries({
    to: 2,
    too: 2,
    for: 4,
    won: 1,
    ate: 8,
    tree: 3,
    sex: 6,
  }),
);
/** Up to this a number is one of a choice: nothing follows it. */
const SHORT = 100;

/** A number, with a unit or without: so many employees, a year, a rating from zero to ten by voice or by key. */
export function numberKind(spec: SlotOf<'number'>): Kind {
  const { min, max, decimals, unit } = spec;
  const words = unit === undefined ? [] : [unit.one, unit.many, ...unit.also];
  const units = new PhraseTable<true>(words.map(word => [word, true]));
  const none = new PhraseTable<number>([
    ...['none', 'zero', 'not any', "there aren't any", 'there are none'].map(word => [word, 0] as const),
    ...words.map(word => [`no ${word}`, 0] as const),
    ...(unit === undefined ? [] : [[`a ${unit.one}`, 1] as const, [`an ${unit.one}`, 1] as const]),
  ]);
  const accepts = (value: SlotValue): boolean =>
    typeof value === 'number' && value >= min && value <= max && isRound(value, decimals ? MOST_DECIMALS : 0);
  const read = (tokens: readonly string[], from: number, asked: boolean) => {
    const [nothing, amount] = [none.at(tokens, from), signed(tokens, from)];
    const told = (amount?.length ?? 0) > (nothing?.length ?? 0) ? amount : nothing;
    const match = told ?? (asked ? soundingLike(tokens, from) : undefined);
    if (match === undefined) return undefined;
    const after = units.at(tokens, from + match.length)?.length ?? 0;
    const isNone =
      match.value === 0 &&
      words.some(word => `no ${word}` === tokens.slice(from, from + match.length).join(' '));
    if (!asked && after === 0 && !isNone) return undefined;
    const length = match.length + after;
    const scale = asked ? scaleAt(tokens, from + length) : 0;
    return { values: accepts(match.value) ? [match.value] : [], length: length + scale };
  };
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => sayNumber(Number(value), unit),
    accepts,
    grammar: amountPart(max, unit),
    digits: digitsPart(max),
    fromKeys: keys => (/^\d{1,12}$/.test(keys) ? [Number(keys)] : []),
    ...(max <= SHORT && { expects: { kind: 'choice' } as const }),
  };
}

function signed(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const sign = ['minus', 'negative'].includes(tokens[from] ?? '') ? 1 : 0;
  const number = readAmount(tokens, from + sign);
  return number && { value: sign === 1 ? -number.value : number.value, length: number.length + sign };
}

/** Only where nothing else was said. */
function soundingLike(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const value = tokens.length === 1 ? SOUND_LIKE.get(tokens[from] ?? '') : undefined;
  return value === undefined ? undefined : { value, length: 1 };
}

/** "out of ten" says nothing new. */
function scaleAt(tokens: readonly string[], at: number): number {
  if (tokens[at] !== 'out' || tokens[at + 1] !== 'of') return 0;
  const scale = readAmount(tokens, at + 2);
  return scale === undefined ? 0 : scale.length + 2;
}

/** Whether a number has no more decimals than that. */
export function isRound(value: number, decimals: number): boolean {
  return Number.isFinite(value) && Number(value.toFixed(decimals)) === value;
}

/** "twelve point five", "minus three". */
export function sayDecimal(value: number): string {
  const [whole = '0', decimals] = String(Math.abs(value)).split('.');
  const said = decimals === undefined ? '' : ` point ${digitByDigit(decimals)}`;
  return `${value < 0 ? 'minus ' : ''}${cardinal(Number(whole))}${said}`;
}

function sayNumber(value: number, unit: SlotOf<'number'>['unit']): string {
  if (unit === undefined) return sayDecimal(value);
  return value === 0 ? `no ${unit.many}` : `${sayDecimal(value)} ${value === 1 ? unit.one : unit.many}`;
}
