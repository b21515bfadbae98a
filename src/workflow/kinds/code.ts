import { digitByDigit } from '../../spoken/numbers.ts';
import { rule } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { readCode } from '../understand/codes.ts';
import type { Reading } from '../understand/scan.ts';
import { type Kind, several } from './kind.ts';
import { LETTER_RULES } from './letter_rules.ts';

const CLASSES: Readonly<Record<string, string>> = { A: '[A-Z]', 9: '\\d', X: '[A-Z0-9]', '-': '-' };
const SPOKEN: Readonly<Record<string, string>> = {
  A: '<letter>',
  9: '<digit>',
  X: '(<letter> | <digit>)',
  '-': '',
};
/** Digits that are said in one breath. */
const GROUP = 3;
const LONGEST_GROUP = 4;

/** A number of a policy, a claim, a vehicle: letters and digits by one of the patterns. */
export function codeKind({ pattern }: SlotOf<'code'>): Kind {
  const patterns = [pattern].flat();
  const stored = patterns.map(one => new RegExp(`^${[...one].map(sign => CLASSES[sign]).join('')}$`));
  const accepts = (value: SlotValue): boolean =>
    typeof value === 'string' && stored.some(one => one.test(value));
  const read = (tokens: readonly string[], from: number, asked: boolean): Reading | undefined =>
    patterns
      .map(one => several(readCode(tokens, from, one, asked)))
      .reduce((best, one) => (rank(one) > rank(best) ? one : best), undefined);
  const isDigits = patterns.every(one => /^[9-]+$/.test(one));
  const isMixed = patterns.every(one => /[AX]/.test(one) && one.length > GROUP);
  const lengths = new Set(patterns.map(one => one.replaceAll('-', '').length));
  const said = patterns.map(one => [...one].map(sign => SPOKEN[sign]).join(' '));
  const part = rule(
    `code_${patterns.join('_').replaceAll('-', '_').toLowerCase()}`,
    said.map(one => `(${one})`).join(' | '),
    LETTER_RULES,
  );
  return {
    read: (tokens, from) => (isMixed ? read(tokens, from, false) : undefined),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => sayCode(String(value)),
    accepts,
    grammar: { ...part, expansion: `[it is | it's] ${part.expansion}` },
    ...(isDigits && { digits: part, fromKeys: keys => keyed(keys, patterns) }),
    spellable: { hear: () => undefined, grammar: part },
    ...(isDigits &&
      lengths.size === 1 && { expects: { kind: 'digits', digits: [...lengths][0] ?? 0 } as const }),
  };
}

function rank(reading: Reading | undefined): number {
  return reading === undefined ? 0 : reading.length * 2 + (reading.values.length > 0 ? 1 : 0);
}

function keyed(keys: string, patterns: readonly string[]): readonly string[] {
  const pattern = /^\d+$/.test(keys)
    ? patterns.find(one => one.replaceAll('-', '').length === keys.length)
    : undefined;
  const read = pattern === undefined ? undefined : readCode([keys], 0, pattern, true);
  return read?.value ?? [];
}

/** "A, B, one two three, four five six". */
function sayCode(code: string): string {
  const pieces = code.match(/[A-Z]|\d+/g) ?? [];
  return pieces.flatMap(piece => (/\d/.test(piece) ? grouped(piece) : [piece])).join(', ');
}

function grouped(digits: string): readonly string[] {
  if (digits.length <= LONGEST_GROUP) return [digitByDigit(digits)];
  return (digits.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).map(digitByDigit);
}
