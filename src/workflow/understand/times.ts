import { readCardinal, ZERO } from './numbers.ts';
import { type PhraseMatch, PhraseTable } from './phrases.ts';

const FIXED = new PhraseTable<number>([
  ['noon', 720],
  ['midday', 720],
  ['twelve noon', 720],
  ['12 noon', 720],
  ['midnight', 0],
  ['twelve midnight', 0],
  ['12 midnight', 0],
]);
/** Before the hour, in minutes from it. */
const FROM_HOUR = new PhraseTable<number>([
  ['half past', 30],
  ['half after', 30],
  ['half', 30],
  ['quarter past', 15],
  ['a quarter past', 15],
  ['quarter after', 15],
  ['a quarter after', 15],
  ['quarter to', -15],
  ['a quarter to', -15],
  ['quarter till', -15],
  ['a quarter till', -15],
  ['quarter til', -15],
  ['quarter of', -15],
  ['a quarter of', -15],
]);
const PAST = new PhraseTable<1 | -1>([
  ['past', 1],
  ['after', 1],
  ['minutes past', 1],
  ['minutes after', 1],
  ['to', -1],
  ['till', -1],
  ['til', -1],
  ['minutes to', -1],
  ['minutes till', -1],
]);
type Half = 'am' | 'pm' | 'evening' | 'night';
const HALVES = new PhraseTable<Half>(
  (
    [
      ['am', 'am'],
      ['a m', 'am'],
      ['in the morning', 'am'],
      ['in the early morning', 'am'],
      ['morning', 'am'],
      ['this morning', 'am'],
      ['pm', 'pm'],
      ['p m', 'pm'],
      ['in the afternoon', 'pm'],
      ['afternoon', 'pm'],
      ['this afternoon', 'pm'],
      ['in the evening', 'evening'],
      ['this evening', 'evening'],
      ['evening', 'evening'],
      ['tonight', 'night'],
      ['at night', 'night'],
    ] as const
  ).map(([phrase, half]) => [phrase, half] as const),
);
const OCLOCK = new PhraseTable<true>(["o'clock", 'o clock', 'oclock', 'sharp'].map(phrase => [phrase, true]));
const DAY_MINUTES = 1_440;

/**
 * Times of day as they are told, in both halves of the day where none was: "two thirty", "half past two in the afternoon",
 * "quarter to five", "2:30 pm", "fourteen hundred hours", "noon". `asked`: a bare hour is one as well.
 */
export function readTime(
  tokens: readonly string[],
  from: number,
  asked: boolean,
): PhraseMatch<readonly string[]> | undefined {
  const fixed = FIXED.at(tokens, from);
  if (fixed !== undefined) return { value: [clock(fixed.value)], length: fixed.length };
  const told = fromHour(tokens, from) ?? written(tokens, from) ?? spoken(tokens, from);
  if (told === undefined) return asked ? tooLate(tokens, from) : undefined;
  let { length } = told;
  const oclock = OCLOCK.at(tokens, from + length)?.length ?? 0;
  length += oclock;
  const half = HALVES.at(tokens, from + length);
  length += half?.length ?? 0;
  if (!asked && half === undefined && oclock === 0 && !told.isPlain) return undefined;
  return { value: clocksOf(told, half?.value), length };
}

/** A number that is no hour. */
function tooLate(tokens: readonly string[], from: number): PhraseMatch<readonly string[]> | undefined {
  const number = readCardinal(tokens, from);
  return number && { value: [], length: number.length };
}

interface Told {
  /** From midnight; of either half of the day unless `is24`. */
  readonly minutes: number;
  readonly length: number;
  /** Nothing but a time has this form. */
  readonly isPlain: boolean;
  readonly is24: boolean;
}

function fromHour(tokens: readonly string[], from: number): Told | undefined {
  const lead = FROM_HOUR.at(tokens, from) ?? minutesFrom(tokens, from);
  const hour = lead === undefined ? undefined : hourAt(tokens, from + lead.length);
  if (lead === undefined || hour === undefined || hour.value < 1 || hour.value > 12) return undefined;
  const minutes = ((hour.value % 12) * 60 + lead.value + 720) % 720;
  return { minutes, length: lead.length + hour.length, isPlain: true, is24: false };
}

/** "ten past", "twenty minutes to". */
function minutesFrom(tokens: readonly string[], from: number): PhraseMatch<number> | undefined {
  const minutes = readCardinal(tokens, from);
  const way = minutes && PAST.at(tokens, from + minutes.length);
  if (way === undefined || minutes === undefined || minutes.value > 30) return undefined;
  return { value: minutes.value * way.value, length: minutes.length + way.length };
}

/** "2:30", "14:30", "1430". */
function written(tokens: readonly string[], from: number): Told | undefined {
  const [, hours, minutes] = /^(\d{1,2}):?(\d{2})$/.exec(tokens[from] ?? '') ?? [];
  if (hours === undefined || minutes === undefined || Number(hours) > 24 || Number(minutes) > 59)
    return undefined;
  const hour = Number(hours) % 24;
  const is24 = Number(hours) > 12 || hours.startsWith('0');
  return {
    minutes: (is24 ? hour : hour % 12) * 60 + Number(minutes),
    length: 1,
    isPlain: tokens[from]?.includes(':') === true,
    is24,
  };
}

/** "two", "two thirty", "two oh five", "fourteen hundred hours". */
function spoken(tokens: readonly string[], from: number): Told | undefined {
  const hour = hourAt(tokens, from);
  if (hour === undefined) return undefined;
  const next = from + hour.length;
  if (tokens[next] === 'hundred') {
    const hours = tokens[next + 1] === 'hours' ? 1 : 0;
    return {
      minutes: (hour.value % 24) * 60,
      length: hour.length + 1 + hours,
      isPlain: hours === 1,
      is24: true,
    };
  }
  const oh = ZERO.has(tokens[next] ?? '') ? 1 : 0;
  const minutes = readCardinal(tokens, next + oh);
  const isMinutes =
    minutes !== undefined && minutes.value < 60 && (oh === 1 ? minutes.value < 10 : minutes.value >= 10);
  const is24 = hour.value > 12;
  if (is24 && !isMinutes) return undefined;
  return {
    minutes: (is24 ? hour.value % 24 : hour.value % 12) * 60 + (isMinutes ? minutes.value : 0),
    length: hour.length + (isMinutes ? oh + minutes.length : 0),
    isPlain: false,
    is24,
  };
}

/** An hour is one word, or two from twenty one on. */
function hourAt(tokens: readonly string[], at: number): PhraseMatch<number> | undefined {
  const words = tokens[at + 1] === 'hundred' ? 1 : 2;
  const hour = readCardinal(tokens.slice(at, at + words), 0);
  return hour === undefined || hour.value > 24 ? undefined : hour;
}

function clocksOf({ minutes, is24 }: Told, half: Half | undefined): readonly string[] {
  if (is24) return [clock(minutes)];
  switch (half) {
    case 'am':
      return [clock(minutes)];
    case 'pm':
    case 'evening':
      return [clock(minutes + 720)];
    case 'night':
      return [clock(minutes >= 300 ? minutes + 720 : minutes)];
    default:
      return [clock(minutes + 720), clock(minutes)];
  }
}

function clock(minutes: number): string {
  const inDay = minutes % DAY_MINUTES;
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}
