import { amountPart } from '../number_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { readAmount } from '../understand/amounts.ts';
import { type PhraseMatch, PhraseTable } from '../understand/phrases.ts';
import type { Kind } from './kind.ts';
import { isRound, sayDecimal } from './number.ts';

const MOST_DECIMALS = 2;

const parts = new PhraseTable<number>([
  ['half', 50],
  ['one half', 50],
  ['a quarter', 25],
  ['one quarter', 25],
  ['three quarters', 75],
  ['all', 100],
  ['all of it', 100],
  ['none', 0],
  ['none of it', 0],
]);
const halves = new PhraseTable<number>([
  ['half a', 0.5],
  ['a half', 0.5],
  ['half of a', 0.5],
  ['a quarter of a', 0.25],
  ['a', 1],
]);

/** A share in percent, with two decimals at most. */
export function percentKind({ min, max }: SlotOf<'percent'>): Kind {
  const accepts = (value: SlotValue): boolean =>
    typeof value === 'number' && value >= min && value <= max && isRound(value, MOST_DECIMALS);
  const read = (tokens: readonly string[], from: number, asked: boolean) => {
    const match = percentAt(tokens, from, asked) ?? (asked ? parts.at(tokens, from) : undefined);
    return match && { values: accepts(match.value) ? [match.value] : [], length: match.length };
  };
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => `${sayDecimal(Number(value))} percent`,
    accepts,
    grammar: amountPart(max, { one: 'percent', many: 'percent' }),
    fromKeys: keys => (/^\d{1,3}$/.test(keys) ? [Number(keys)] : []),
    expects: { kind: 'choice' },
  };
}

function percentAt(tokens: readonly string[], from: number, asked: boolean): PhraseMatch<number> | undefined {
  const part = halves.at(tokens, from);
  if (part !== undefined && unitAt(tokens, from + part.length) > 0) {
    return { value: part.value, length: part.length + unitAt(tokens, from + part.length) };
  }
  const amount = readAmount(tokens, from);
  const unit = amount === undefined ? 0 : unitAt(tokens, from + amount.length);
  if (amount === undefined || (unit === 0 && !asked)) return undefined;
  return { value: amount.value, length: amount.length + unit };
}

function unitAt(tokens: readonly string[], at: number): number {
  if (['percent', 'percentage'].includes(tokens[at] ?? '')) return 1;
  return tokens[at] === 'per' && tokens[at + 1] === 'cent' ? 2 : 0;
}
