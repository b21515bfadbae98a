import { ordinal } from '../../spoken/numbers.ts';
import { dayNumber, MONTHS, partsOf, WEEKDAYS, weekday } from '../calendar.ts';
import { datePart } from '../grammar_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { readDate } from '../understand/dates.ts';
import { dateOfKeys } from '../understand/keypad.ts';
import type { Kind } from './kind.ts';

export function dateKind(spec: SlotOf<'date'>): Kind {
  const accepts = (value: SlotValue, todayIso: string): boolean => {
    const [day, today] = [String(value), todayIso].map(dayNumber);
    return day !== undefined && today !== undefined && day > today && day - today <= spec.withinDays;
  };
  return {
    read: (tokens, from, todayIso) => {
      const match = readDate(tokens, from, todayIso);
      return match && { values: match.value.filter(date => accepts(date, todayIso)), length: match.length };
    },
    say: value => sayDate(String(value)),
    accepts,
    grammar: { ...datePart, expansion: "[on | it is | it's] <date>" },
    fromKeys: (keys, todayIso) => readDate([dateOfKeys(keys) ?? ''], 0, todayIso)?.value ?? [],
  };
}

function capital(word = ''): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** "Tuesday, March the fourteenth". */
function sayDate(iso: string): string {
  const { month, dayOfMonth } = partsOf(iso);
  return `${capital(WEEKDAYS[weekday(dayNumber(iso) ?? 0)])}, ${capital(MONTHS[month - 1])} the ${ordinal(dayOfMonth)}`;
}
