import { dateOf, dayNumber, isoDate, MONTHS, partsOf, WEEKDAYS, weekday } from '../calendar.ts';
import { belowHundred, readCardinal, readHouseNumber, readOrdinal, ZERO } from './numbers.ts';
import type { PhraseMatch } from './phrases.ts';

/** Dates that were meant, the likeliest first; none when it was a date that can't be. */
type DateMatch = PhraseMatch<readonly string[]>;

const weekdayNames: readonly string[] = WEEKDAYS;
const monthNames: readonly string[] = MONTHS;

/** Where the dates lie that are asked for. */
export interface DateSpan {
  readonly ahead: boolean;
  readonly back: boolean;
  /** Without a year it is none. */
  readonly needsYear: boolean;
}

interface Cursor {
  readonly tokens: readonly string[];
  readonly from: number;
  readonly today: number;
  readonly span: DateSpan;
}

const AHEAD: DateSpan = { ahead: true, back: false, needsYear: false };

/** A date in the words of a caller, resolved from today on (ISO 8601). */
export function readDate(
  tokens: readonly string[],
  from: number,
  todayIso: string,
  span: DateSpan = AHEAD,
): DateMatch | undefined {
  const today = dayNumber(todayIso);
  if (today === undefined) return undefined;
  const cursor = { tokens, from, today, span };
  const ways = [written, relative, inSome, ago, onWeekday, lastWeekday, monthFirst, dayFirst, inNumbers];
  const matches = ways.map(read => read(cursor));
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
  const run = cursor.span.needsYear ? /^(\d{2})(\d{2})(\d{4})$/.exec(token) : null;
  const slashed = run ?? /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}|\d{2}))?$/.exec(token);
  if (slashed === null) return undefined;
  const [month, day, year] = slashed.slice(1).map(part => (part === undefined ? undefined : Number(part)));
  const whole = year === undefined || year > 99 ? year : shortYear(cursor, year);
  return { value: near(cursor, month ?? 0, day ?? 0, whole), length: 1 };
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
    ['yesterday morning', -1],
    ['yesterday afternoon', -1],
    ['yesterday evening', -1],
    ['last night', -1],
    ['the day before yesterday', -2],
    ['day before yesterday', -2],
    ['this morning', 0],
    ['this afternoon', 0],
    ['earlier today', 0],
  ];
  const found = phrases
    .toSorted(([a], [b]) => b.length - a.length)
    .find(([phrase]) => phrase.split(' ').every((part, index) => word(cursor, index) === part));
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

/** "three days ago", "a week ago", "two months ago". */
function ago(cursor: Cursor): DateMatch | undefined {
  const count = ['a', 'an', 'one'].includes(word(cursor, 0))
    ? { value: 1, length: 1 }
    : word(cursor, 0) === 'a' && word(cursor, 1) === 'couple'
      ? { value: 2, length: 2 }
      : readCardinal(cursor.tokens, cursor.from);
  if (count === undefined || !cursor.span.back) return undefined;
  const unit = /^(day|week|month|year)s?$/.exec(word(cursor, count.length))?.[1];
  if (unit === undefined || word(cursor, count.length + 1) !== 'ago') return undefined;
  const length = count.length + 2;
  if (count.value > 3660) return { value: [], length };
  if (unit === 'day' || unit === 'week') {
    return { value: [isoDate(cursor.today - count.value * (unit === 'week' ? 7 : 1))], length };
  }
  return { value: monthsAgo(cursor.today, count.value * (unit === 'year' ? 12 : 1)), length };
}

/** The same day so many months before, or the last one of that month. */
function monthsAgo(today: number, count: number): readonly string[] {
  const { year, month, dayOfMonth } = partsOf(isoDate(today));
  const months = year * 12 + month - 1 - count;
  const days = [0, 1, 2, 3].flatMap(
    less => dateOf(Math.floor(months / 12), (months % 12) + 1, dayOfMonth - less) ?? [],
  );
  return days.slice(0, 1);
}

/** "last friday", "this past friday"; "friday" where nothing ahead is asked for: the latest before today. */
function lastWeekday(cursor: Cursor): DateMatch | undefined {
  if (!cursor.span.back) return undefined;
  const lead =
    word(cursor, 0) === 'this' && word(cursor, 1) === 'past' ? 2 : word(cursor, 0) === 'last' ? 1 : 0;
  const day = weekdayNames.indexOf(word(cursor, lead));
  if (day < 0 || (lead === 0 && cursor.span.ahead)) return undefined;
  const back = ((weekday(cursor.today) - day + 6) % 7) + 1;
  return { value: [isoDate(cursor.today - back)], length: lead + 1 };
}

/** "three fourteen eighty four", where the year is needed. */
function inNumbers(cursor: Cursor): DateMatch | undefined {
  const { tokens, from, span } = cursor;
  if (!span.needsYear) return undefined;
  const zero = ZERO.has(word(cursor, 0)) ? 1 : 0;
  const month =
    belowHundred(tokens.slice(0, from + zero + 1), from + zero) ?? plainNumber(word(cursor, zero));
  if (month === undefined || month.value < 1 || month.value > 12) return undefined;
  const zero2 = ZERO.has(word(cursor, zero + 1)) ? 1 : 0;
  const at = from + zero + 1 + zero2;
  const day = readOrdinal(tokens, at) ?? belowHundred(tokens, at) ?? plainNumber(tokens[at] ?? '');
  if (day === undefined || day.value < 1 || day.value > 31) return undefined;
  const year = readYear(cursor, at + day.length);
  if (year === undefined) return undefined;
  return {
    value: near(cursor, month.value, day.value, year.value),
    length: at + day.length + year.length - from,
  };
}

function plainNumber(token: string): PhraseMatch<number> | undefined {
  return /^\d{1,2}$/.test(token) ? { value: Number(token), length: 1 } : undefined;
}

/** "friday", "this friday", "next tuesday", "friday next week": the last two may mean two days. */
function onWeekday(cursor: Cursor): DateMatch | undefined {
  const lead = ['next', 'this', 'coming'].includes(word(cursor, 0)) ? 1 : 0;
  const day = weekdayNames.indexOf(word(cursor, lead));
  if (day < 0) return undefined;
  const dated = monthFirst({ ...cursor, from: cursor.from + lead + 1 });
  const alsoDated = dated ?? dayFirst({ ...cursor, from: cursor.from + lead + 1 });
  if (lead === 0 && alsoDated !== undefined) return { ...alsoDated, length: alsoDated.length + 1 };
  if (!cursor.span.ahead) return undefined;
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
  const year = readYear(cursor, at + day.length);
  return {
    value: near(cursor, month, day.value, year?.value),
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
    const year = readYear(cursor, cursor.from + length + 1);
    return {
      value: near(cursor, month, day.value, year?.value),
      length: length + 1 + (year?.length ?? 0),
    };
  }
  return of === 1 ? undefined : { value: nearDay(cursor, day.value), length: the + day.length };
}

/** "nineteen eighty four", "two thousand five", where only the past is asked for also "eighty four". */
function readYear(cursor: Cursor, from: number): PhraseMatch<number> | undefined {
  const of = cursor.tokens[from] === 'in' ? 1 : 0;
  for (const words of [5, 4, 3, 2, 1]) {
    const year = readHouseNumber(cursor.tokens.slice(0, from + of + words), from + of);
    if (year !== undefined && year.length === words && year.value >= 1900 && year.value <= 2999)
      return { value: year.value, length: of + year.length };
  }
  const parted = partedYear(cursor.tokens, from + of);
  if (parted !== undefined) return { value: parted.value, length: of + parted.length };
  if (cursor.span.ahead || !cursor.span.back) return undefined;
  const oh = ZERO.has(cursor.tokens[from] ?? '') ? 1 : 0;
  const short = belowHundred(cursor.tokens, from + oh) ?? plainNumber(cursor.tokens[from + oh] ?? '');
  if (short === undefined || (oh === 1 && short.value > 9) || (oh === 0 && short.value < 10))
    return undefined;
  return { value: shortYear(cursor, short.value), length: oh + short.length };
}

/** "Nineteen, uh, forty seven", as recognisers write it: a word between a century and its years. */
function partedYear(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const century = tokens[from];
  if ((century !== 'nineteen' && century !== '19') || !/^(?:a|the|and|like)$/.test(tokens[from + 1] ?? ''))
    return undefined;
  const years = belowHundred(tokens, from + 2) ?? plainNumber(tokens[from + 2] ?? '');
  return years && years.value >= 10 ? { value: 1900 + years.value, length: 2 + years.length } : undefined;
}

/** The latest year that ends so, this one at most. */
function shortYear(cursor: Cursor, year: number): number {
  const { year: present } = partsOf(isoDate(cursor.today));
  const full = present - (present % 100) + year;
  return full > present ? full - 100 : full;
}

/** The next such day, or the latest one; of the given year if one was said. */
function near(cursor: Cursor, month: number, day: number, year: number | undefined): readonly string[] {
  if (year !== undefined) return [dateOf(year, month, day) ?? []].flat();
  const thisYear = partsOf(isoDate(cursor.today)).year;
  return nearest(cursor, (away: number) => dateOf(thisYear + away, month, day), 4);
}

/** The next month that has such a day after today, or the latest one. */
function nearDay(cursor: Cursor, day: number): readonly string[] {
  const { year, month } = partsOf(isoDate(cursor.today));
  const inMonth = (away: number): string | undefined => {
    const months = year * 12 + month - 1 + away;
    return dateOf(Math.floor(months / 12), (months % 12) + 1, day);
  };
  return nearest(cursor, inMonth, 2);
}

/** Of the dates that are so many years or months away, the first after today and the last up to it, as the span asks. */
function nearest(
  { today, span }: Cursor,
  dateAt: (away: number) => string | undefined,
  most: number,
): readonly string[] {
  if (span.needsYear) return [];
  const away = Array.from({ length: most + 1 }, (_, index) => index);
  const isAhead = (date: string): boolean => (dayNumber(date) ?? 0) > today;
  const ahead = away.flatMap(index => dateAt(index) ?? []).find(isAhead);
  const back = away.flatMap(index => dateAt(-index) ?? []).find(date => !isAhead(date));
  return [...(span.back ? [back ?? []].flat() : []), ...(span.ahead ? [ahead ?? []].flat() : [])];
}
