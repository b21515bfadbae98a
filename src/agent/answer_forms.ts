import type { Completeness, CompletenessReason } from './completeness_reason.ts';
import { isNumberWord } from './said_numbers.ts';

const set = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const SIGNS = set('at dot dash underscore hyphen plus slash point');
/** Top domains that nothing follows, as a rule. */
const TOP_DOMAINS = set('com org net edu gov info biz uk us ca au de fr nl eu it es io app dev');
const REFUSALS = set("no don't not none haven't yes sorry what");

/** "jo dot smith at example dot com", or as one word; letters may be spelled. */
export function emailTail(tail: readonly string[]): Completeness | undefined {
  const last = tail.at(-1)!;
  if (last.includes('@')) return topDomain(/@.*\.([a-z]*)$/.exec(last)?.[1]);
  if (SIGNS.has(last)) return { share: 0.02, reason: 'insideEmail' };
  const at = tail.findLastIndex(word => word === 'at' || word.includes('@'));
  if (at === -1) {
    return tail.some(word => REFUSALS.has(word)) ? undefined : { share: 0.05, reason: 'insideEmail' };
  }
  const domain = tail.slice(at + 1);
  const dot = domain.lastIndexOf('dot');
  return topDomain(dot === -1 ? undefined : domain.slice(dot + 1).join(''));
}

function topDomain(name: string | undefined): Completeness {
  if (name === undefined || name === '') return { share: 0.06, reason: 'insideEmail' };
  if (TOP_DOMAINS.has(name)) return { share: 0.97, reason: 'wholeEmail' };
  // "dot co" goes on with "dot uk"; others are names of hosts, or top domains that are rare.
  return { share: name.length <= 2 ? 0.25 : 0.8, reason: 'insideEmail' };
}

const STREET_TYPES = set(
  'street avenue road lane drive boulevard court place way terrace circle highway parkway square alley crescent close ' +
    'row hill st ave rd ln dr blvd',
);
const PARTS = set('apartment apt unit suite floor number room box north south east west');
const ZIP_DIGITS = 5;
const NOT_NAMES = set("of and the in at on to is my it's i");

/** "421 maple street springfield": a number wants a street, a street may be followed by a town, a town by its code. */
export function addressTail(tail: readonly string[]): Completeness | undefined {
  const last = tail.at(-1)!;
  if (NOT_NAMES.has(last)) return undefined;
  if (PARTS.has(last)) return { share: 0.06, reason: 'noStreet' };
  const type = tail.findLastIndex((word, at) => at > 0 && STREET_TYPES.has(word));
  if (type === -1) {
    if (isNumberWord(last)) return { share: 0.06, reason: 'noStreet' };
    return tail.some(isNumberWord) ? { share: 0.4, reason: 'streetMayGoOn' } : undefined;
  }
  const behind = tail.slice(type + 1);
  if (behind.length === 0) return { share: 0.7, reason: 'streetMayGoOn' };
  return isNumberWord(last) ? endingNumber(behind) : { share: 0.88, reason: 'wholeAddress' };
}

/** Of a flat, or of the town. */
function endingNumber(behind: readonly string[]): Completeness {
  const from = behind.findLastIndex(word => !isNumberWord(word)) + 1;
  if (PARTS.has(behind[from - 1] ?? '')) return { share: 0.6, reason: 'streetMayGoOn' };
  const digits = behind.slice(from).reduce((sum, word) => sum + (/^\d+$/.test(word) ? word.length : 1), 0);
  if (digits >= ZIP_DIGITS) return { share: 0.97, reason: 'wholeAddress' };
  return { share: 0.06, reason: 'insideNumber' };
}

const MONTHS = set('january february march april may june july august september october november december');
const WEEKDAYS = set('monday tuesday wednesday thursday friday saturday sunday');
const RELATIVES = set('today tomorrow tonight yesterday');
const SPANS = set('week month year weekend morning afternoon evening');
const TENS = set('twenty thirty forty fifty sixty seventy eighty ninety');
const ORDINAL =
  /^(?:first|second|third|fifth|eighth|ninth|twelfth|[a-z]{2,8}(?:th|ieth)|\d{1,2}(?:st|nd|rd|th))$/;
const NO_ORDINALS = set('month with both south north smith earth path bath death birth');

function isOrdinal(word: string): boolean {
  return ORDINAL.test(word) && !NO_ORDINALS.has(word);
}

/** "march third", "the third of march", "next friday", "june first nineteen eighty four". */
export function dateTail(tail: readonly string[]): Completeness | undefined {
  const last = tail.at(-1)!;
  const before = tail.at(-2) ?? '';
  if (MONTHS.has(last)) return monthTail(last, before);
  if (RELATIVES.has(last)) return of(0.9, 'wholeDate');
  if (WEEKDAYS.has(last)) return of(0.55, 'dateMayGoOn');
  if (SPANS.has(last)) return of(0.7, 'dateMayGoOn');
  const month = tail.findLastIndex(word => MONTHS.has(word));
  if (isOrdinal(last)) return month === -1 ? of(0.4, 'dateMayGoOn') : of(0.85, 'wholeDate');
  if (!isNumberWord(last)) return undefined;
  const run = tail.slice(tail.findLastIndex(word => !isNumberWord(word)) + 1);
  if (month === -1) return undefined;
  const isDay = tail.length - run.length - 1 === month && tail[month - 2] !== 'the';
  return isDay ? dayTail(run) : yearTail(run);
}

function monthTail(month: string, before: string): Completeness | undefined {
  if (before === 'of' || isOrdinal(before) || isNumberWord(before)) return of(0.85, 'wholeDate');
  // They may, and they march.
  if (month === 'may' && before !== '' && !['in', 'on', 'until'].includes(before)) return undefined;
  return of(before === 'in' ? 0.5 : 0.1, 'insideDate');
}

/** Months with days as plain numbers, and perhaps years behind them: "march three nineteen eighty four". */
function dayTail(run: readonly string[]): Completeness {
  const isPair = TENS.has(run[0]!) && run.length > 1;
  const rest = run.slice(isPair ? 2 : 1);
  if (rest.length > 0) return yearTail(rest);
  return TENS.has(run.at(-1)!) ? of(0.2, 'insideDate') : of(0.7, 'dateMayGoOn');
}

function yearTail(run: readonly string[]): Completeness {
  const last = run.at(-1)!;
  if (/^\d{4}$/.test(last)) return of(0.97, 'wholeDate');
  if (run.length === 1 || last === 'oh' || last === 'and') return of(0.06, 'insideDate');
  if (run.length === 2 && (last === 'thousand' || TENS.has(last))) return of(0.35, 'insideDate');
  return of(0.95, 'wholeDate');
}

function of(share: number, reason: CompletenessReason): Completeness {
  return { share, reason };
}
