import { cardinal, inPairs, ordinal } from '../../spoken/numbers.ts';
import { dayNumber, MONTHS, partsOf, WEEKDAYS, weekday } from '../calendar.ts';
import { datePart, pastDatePart } from '../grammar_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { type DateSpan, readDate } from '../understand/dates.ts';
import { dateOfKeys } from '../understand/keypad.ts';
import type { Kind } from './kind.ts';

const YEAR_DAYS = 366;

/** A day, stored as "2027-03-14"; what is years away is told with its year. */
export function dateKind({ withinDays, pastDays }: SlotOf<'date'>): Kind {
  const ahead = withinDays ?? (pastDays > 0 ? 0 : YEAR_DAYS);
  const span: DateSpan = {
    ahead: ahead > 0,
    back: pastDays > 0,
    needsYear: Math.max(pastDays, ahead) >= 2 * YEAR_DAYS,
  };
  const earliest = pastDays > 0 ? -pastDays : 1;
  const accepts = (value: SlotValue, todayIso: string): boolean => {
    const [day, today] = [String(value), todayIso].map(dayNumber);
    return day !== undefined && today !== undefined && day - today >= earliest && day - today <= ahead;
  };
  const part = pastDays > 0 ? pastDatePart : datePart;
  return {
    read: (tokens, from, todayIso) => {
      const match = readDate(tokens, from, todayIso, span);
      return match && { values: match.value.filter(date => accepts(date, todayIso)), length: match.length };
    },
    say: value =>
      Math.max(pastDays, ahead) > YEAR_DAYS ? sayWithYear(String(value)) : sayDate(String(value)),
    accepts,
    grammar: { ...part, expansion: `[on | it is | it's] ${part.expansion}` },
    fromKeys: (keys, todayIso) => readDate([dateOfKeys(keys) ?? ''], 0, todayIso, span)?.value ?? [],
    expects: { kind: 'date' },
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

/** "March the fourteenth, nineteen eighty four". */
function sayWithYear(iso: string): string {
  const { year, month, dayOfMonth } = partsOf(iso);
  const said = year >= 2_000 && year < 2_010 ? cardinal(year) : inPairs(year);
  return `${capital(MONTHS[month - 1])} the ${ordinal(dayOfMonth)}, ${said}`;
}
