import { dateOf, dayNumber, isoDate, MONTHS, partsOf, WEEKDAYS, weekday } from '../calendar.ts';
import { readCardinal, readHouseNumber, readOrdinal } from './numbers.ts';
import type { PhraseMatch } from './phrases.ts';

/** Dates that were meant, the likeliest first; none when it was a date that can't be. */
type DateMatch = PhraseMatch<readonly string[]>;

const weekdayNames: readonly string[] = WEEKDAYS;
const monthNames: readonly string[] = MONTHS;

interface Cursor {
  readonly tokens: readonly string[];
  readonly from: number;
  readonly today: number;
}

/** A date in the words of a caller, resolved from today on (ISO 8601). */
export function readDate(tokens: readonly string[], from: number, todayIso: string): DateMatch | undefined {
  const today = dayNumber(todayIso);
  if (today === undefined) return undefined;
  const cursor = { tokens, from, today };
  const matches = [written, relative, inSome, onWeekday, monthFirst, dayFirst].map(read => read(cursor));
  return matches.reduce(
    (best, match) => ((match?.length ?? 0) > (best?.length ?? 0) ? match : best),
    undefined,
  );
}

function word(cursor: Cursor, offset: number): string {
  return cursor.tokens[cursor.from + offset] ?? '';
}

function written(cursor: Cursor): DateMatch | undefined {
  const token = word(cursor, 0);
  if (/^\d{4}-/.test(token)) return { value: dayNumber(token) === undefined ? [] : [token], length: 1 };
  const slashed = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?$/.exec(token);
  if (slashed === null) return undefined;
  const [month, day, year] = slashed.slice(1).map(part => (part === undefined ? undefined : Number(part)));
  return { value: coming(cursor.today, month ?? 0, day ?? 0, year), length: 1 };
}

function relative(cursor: Cursor): DateMatch | undefined {
  const { today } = cursor;
  const phrases: readonly (readonly [string, number])[] = [
    ['the day after tomorrow', 2],
    ['day after tomorrow', 2],
    ['a week from tomorrow', 8],
    ['a week from today', 7],
    ['tomorrow', 1],
    ['today', 0],
    ['tonight', 0],
    ['yesterday', -1],
  ];
  const found = phrases.find(([phrase]) =>
    phrase.split(' ').every((part, index) => word(cursor, index) === part),
  );
  if (found === undefined) return undefined;
  return { value: [isoDate(today + found[1])], length: found[0].split(' ').length };
}

/** "in ten days", "in two weeks", "two weeks from now". */
function inSome(cursor: Cursor): DateMatch | undefined {
  const lead = word(cursor, 0) === 'in' ? 1 : 0;
  const count = ['a', 'one'].includes(word(cursor, lead))
    ? { value: 1, length: 1 }
    : readCardinal(cursor.tokens, cursor.from + lead);
  if (count === undefined) return undefined;
  const unit = /^(day|week)s?$/.exec(word(cursor, lead + count.length))?.[1];
  const length = lead + count.length + 1;
  const fromNow = word(cursor, length) === 'from' && ['now', 'today'].includes(word(cursor, length + 1));
  if (unit === undefined || (lead === 0 && !fromNow)) return undefined;
  const days = count.value * (unit === 'week' ? 7 : 1);
  if (days > 3660) return { value: [], length };
  return { value: [isoDate(cursor.today + days)], length: length + (fromNow ? 2 : 0) };
}

/** "friday", "this friday", "next tuesday", "friday next week": the last two may mean two days. */
function onWeekday(cursor: Cursor): DateMatch | undefined {
  const lead = ['next', 'this', 'coming'].includes(word(cursor, 0)) ? 1 : 0;
  const day = weekdayNames.indexOf(word(cursor, lead));
  if (day < 0) return undefined;
  const dated = monthFirst({ ...cursor, from: cursor.from + lead + 1 });
  const alsoDated = dated ?? dayFirst({ ...cursor, from: cursor.from + lead + 1 });
  if (lead === 0 && alsoDated !== undefined) return { ...alsoDated, length: alsoDated.length + 1 };
  const first = cursor.today + ((day - weekday(cursor.today) + 6) % 7) + 1;
  const nextWeek = word(cursor, lead + 1) === 'next' && word(cursor, lead + 2) === 'week';
  if (word(cursor, 0) !== 'next' && !nextWeek) return { value: [isoDate(first)], length: lead + 1 };
  const monday = cursor.today + ((8 - weekday(cursor.today)) % 7 || 7);
  const inNextWeek = monday + ((day + 6) % 7);
  const days = first === inNextWeek || nextWeek ? [inNextWeek] : [inNextWeek, first];
  return { value: days.map(isoDate), length: lead + (nextWeek ? 3 : 1) };
}

/** "march fourteenth", "march the fourteenth twenty twenty seven", "march 14". */
function monthFirst(cursor: Cursor): DateMatch | undefined {
  const month = monthNames.indexOf(word(cursor, 0)) + 1;
  if (month === 0) return undefined;
  const the = word(cursor, 1) === 'the' ? 1 : 0;
  const at = cursor.from + 1 + the;
  const day = readOrdinal(cursor.tokens, at) ?? dayCardinal(cursor.tokens, at);
  if (day === undefined) return undefined;
  const year = readYear(cursor.tokens, at + day.length);
  return {
    value: coming(cursor.today, month, day.value, year?.value),
    length: 1 + the + day.length + (year?.length ?? 0),
  };
}

/** A day of a month as a plain number, which must not swallow a year after it. */
function dayCardinal(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const day = readCardinal(tokens, from);
  return day !== undefined && day.value <= 99 ? day : undefined;
}

/** "the fourteenth of march", "fourteenth march", "the fourteenth" of the month to come. */
function dayFirst(cursor: Cursor): DateMatch | undefined {
  const the = word(cursor, 0) === 'the' ? 1 : 0;
  const day = readOrdinal(cursor.tokens, cursor.from + the);
  if (day === undefined) return undefined;
  const of = word(cursor, the + day.length) === 'of' ? 1 : 0;
  const length = the + day.length + of;
  const month = monthNames.indexOf(word(cursor, length)) + 1;
  if (month > 0) {
    const year = readYear(cursor.tokens, cursor.from + length + 1);
    return {
      value: coming(cursor.today, month, day.value, year?.value),
      length: length + 1 + (year?.length ?? 0),
    };
  }
  return of === 1 ? undefined : { value: comingDay(cursor.today, day.value), length: the + day.length };
}

function readYear(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const year = readHouseNumber(tokens, from);
  return year !== undefined && year.value >= 1900 && year.value <= 2999 ? year : undefined;
}

/** The next such day; of the given year if one was said. */
function coming(today: number, month: number, day: number, year: number | undefined): readonly string[] {
  if (year !== undefined) return [dateOf(year, month, day) ?? []].flat();
  const thisYear = partsOf(isoDate(today)).year;
  const dates = [0, 1, 2, 3, 4].flatMap(ahead => dateOf(thisYear + ahead, month, day) ?? []);
  return dates.filter(date => (dayNumber(date) ?? 0) > today).slice(0, 1);
}

/** The next month that has such a day after today. */
function comingDay(today: number, day: number): readonly string[] {
  const { year, month } = partsOf(isoDate(today));
  const dates = [0, 1, 2].flatMap(ahead => {
    const months = month - 1 + ahead;
    return dateOf(year + Math.floor(months / 12), (months % 12) + 1, day) ?? [];
  });
  return dates.filter(date => (dayNumber(date) ?? 0) > today).slice(0, 1);
}
