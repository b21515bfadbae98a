import { money } from '../../spoken/numbers.ts';
import { amountPart, digitsPart } from '../number_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { readAmount } from '../understand/amounts.ts';
import type { PhraseMatch } from '../understand/phrases.ts';
import type { Kind } from './kind.ts';

const DOLLARS: ReadonlySet<string> = new Set(['dollars', 'dollar', 'bucks', 'buck', 'usd']);
const CENTS: ReadonlySet<string> = new Set(['cents', 'cent']);

/** An amount in US dollars, stored as whole cents. */
export function moneyKind({ minCents, maxCents }: SlotOf<'money'>): Kind {
  const accepts = (value: SlotValue): boolean =>
    Number.isSafeInteger(value) && Number(value) >= minCents && Number(value) <= maxCents;
  const read = (tokens: readonly string[], from: number, asked: boolean) => {
    const match = readMoney(tokens, from, asked);
    return match && { values: accepts(match.value) ? [match.value] : [], length: match.length };
  };
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => money(Number(value)),
    accepts,
    grammar: amountPart(Math.floor(maxCents / 100), { one: 'dollar', many: 'dollars' }),
    digits: digitsPart(Math.floor(maxCents / 100)),
    fromKeys: keys => {
      const [, dollars, cents = '0'] = /^(\d{1,10})(?:\*(\d{2}))?$/.exec(keys) ?? [];
      return dollars === undefined ? [] : [Number(dollars) * 100 + Number(cents)];
    },
  };
}

/** "twelve hundred dollars", "five dollars and fifty cents", "a grand"; `asked` also a bare "one twenty thousand". */
export function readMoney(
  tokens: readonly string[],
  from: number,
  asked: boolean,
): PhraseMatch<number> | undefined {
  const amount =
    tokens[from] === 'a' && DOLLARS.has(tokens[from + 1] ?? '')
      ? { value: 1, length: 1 }
      : readAmount(tokens, from);
  if (amount === undefined) return undefined;
  const end = from + amount.length;
  if (CENTS.has(tokens[end] ?? '')) return { value: Math.round(amount.value), length: amount.length + 1 };
  const isNamed = DOLLARS.has(tokens[end] ?? '');
  const isGrand = tokens[end - 1] === 'grand';
  if (!isNamed && !isGrand && !asked) return undefined;
  const cents = isNamed ? centsAt(tokens, end + 1) : undefined;
  const length = amount.length + (isNamed ? 1 : 0) + (cents?.length ?? 0);
  return { value: Math.round(amount.value * 100) + (cents?.value ?? 0), length };
}

/** "and fifty cents", "fifty". */
function centsAt(tokens: readonly string[], at: number): PhraseMatch<number> | undefined {
  const and = tokens[at] === 'and' ? 1 : 0;
  const cents = readAmount(tokens, at + and);
  if (cents === undefined || cents.value >= 100 || !Number.isInteger(cents.value)) return undefined;
  const isNamed = CENTS.has(tokens[at + and + cents.length] ?? '');
  if (!isNamed && and === 1) return undefined;
  return { value: cents.value, length: and + cents.length + (isNamed ? 1 : 0) };
}
