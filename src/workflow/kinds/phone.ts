import { digitByDigit } from '../../spoken/numbers.ts';
import { digitRunPart } from '../number_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import { phoneOf, readPhone } from '../understand/phones.ts';
import { type Kind, several } from './kind.ts';

const LOCAL_DIGITS = 10;
const STORED = /^\+(?:1[2-9]\d{2}[2-9]\d{6}|[2-9]\d{7,14})$/;

/** A telephone number, stored in E.164: "+16175550123". */
export function phoneKind({ areaCode, international }: SlotOf<'phone'>): Kind {
  const read = (tokens: readonly string[], from: number, asked: boolean) =>
    several(readPhone(tokens, from, { areaCode, international, asked }));
  const part = digitRunPart([LOCAL_DIGITS, LOCAL_DIGITS]);
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => sayPhone(String(value)),
    accepts: value =>
      typeof value === 'string' && STORED.test(value) && (international || value.startsWith('+1')),
    grammar: { ...part, expansion: `[it is | it's | my number is] ${part.expansion}` },
    digits: part,
    fromKeys: keys => [phoneOf(keys, areaCode, false) ?? []].flat(),
    expects: international ? { kind: 'digits' } : { kind: 'digits', digits: LOCAL_DIGITS },
  };
}

/** In groups, as people tell one: "six one seven, five five five, zero one two three". */
function sayPhone(phone: string): string {
  const groups = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone)?.slice(1);
  if (groups !== undefined) return groups.map(digitByDigit).join(', ');
  const digits = phone.replace(/^\+/, '');
  return `plus ${(digits.match(/\d{1,3}/g) ?? []).map(digitByDigit).join(', ')}`;
}
