import { cardinal, ordinal } from '../../bench/caller/number_words.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const DAY_MS = 86_400_000;
/** Beyond so many days back the year is told along. */
const YEAR_FROM_DAYS = 300;

/** A stored date as a caller says it on that day. */
export function sayDate(iso: string, style: string, todayIso: string): string {
  const date = new Date(`${iso}T00:00:00Z`);
  const days = Math.round((date.getTime() - Date.parse(`${todayIso}T00:00:00Z`)) / DAY_MS);
  const isFar = days < -YEAR_FROM_DAYS || days > 366;
  const month = MONTHS[date.getUTCMonth()]!;
  const day = ordinal(date.getUTCDate());
  const year = isFar ? ` ${sayYear(date.getUTCFullYear(), style)}` : '';
  const near = relative(days, WEEKDAYS[date.getUTCDay()]!);
  if (style === 'relative' && near !== undefined) return near;
  if (style === 'figures') {
    if (isFar) return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
    return `${month} ${date.getUTCDate()}`;
  }
  if (style === 'month_the_day') return `${month} the ${day}${year}`;
  if (style === 'day_of_month') return `the ${day} of ${month}${year}`;
  if (style === 'weekday' && !isFar) return `${WEEKDAYS[date.getUTCDay()]} ${month} ${day}`;
  return `${month} ${day}${year}`;
}

function relative(days: number, weekday: string): string | undefined {
  if (days === 0) return 'today';
  if (days === 1) return 'tomorrow';
  if (days === -1) return 'yesterday';
  if (days === 2) return 'the day after tomorrow';
  if (days > 2 && days < 7) return `this ${weekday}`;
  if (days < -1 && days > -7) return `last ${weekday}`;
  return undefined;
}

/** "nineteen eighty four", "two thousand five", "twenty twelve" */
function sayYear(year: number, style: string): string {
  if (style === 'figures') return String(year);
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (year >= 2000 && year < 2010) return cardinal(year);
  if (rest === 0) return `${cardinal(century)} hundred`;
  return `${cardinal(century)} ${rest < 10 ? `oh ${cardinal(rest)}` : cardinal(rest)}`;
}

/** HH:MM as a caller says it. */
export function sayTime(clock: string, style: string): string {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const hour = cardinal(hours % 12 === 0 ? 12 : hours % 12);
  const half = hours < 12 ? 'a m' : 'p m';
  const part = hours < 12 ? 'in the morning' : hours < 18 ? 'in the afternoon' : 'in the evening';
  if (style === 'figures') {
    return `${hours % 12 === 0 ? 12 : hours % 12}:${String(minutes).padStart(2, '0')} ${half.replace(' ', '')}`;
  }
  if (hours === 12 && minutes === 0 && style !== 'clock') return 'noon';
  if (minutes === 0) return style === 'daytime' ? `${hour} o'clock ${part}` : `${hour} ${half}`;
  if (style === 'half' && minutes === 30) return `half past ${hour} ${part}`;
  const past = minutes < 10 ? `oh ${cardinal(minutes)}` : cardinal(minutes);
  return `${hour} ${past} ${style === 'daytime' ? part : half}`;
}
