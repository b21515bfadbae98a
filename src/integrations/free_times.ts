import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { instantOf, utc, zonedTime } from './zoned_time.ts';

const NOON = '12:00';
const WORDS = ['first', 'second', 'third'] as const;

/** What tools may ask of calendars. */
export const wanted = {
  from: z.iso.date().optional(),
  days: z.coerce.number().int().min(1).max(LIMITS.availabilityDays).default(7),
};

/** The span that was asked for, from a minute ahead on, in milliseconds since 1970. */
export function spanOf(
  { from, days }: { readonly from?: string | undefined; readonly days: number },
  timeZone: string,
  nowMs: number,
): { readonly beginsMs: number; readonly endsMs: number } {
  const today = zonedTime(nowMs, timeZone).date;
  const first = from === undefined || from < today ? today : from;
  const last = new Date(Date.parse(`${first}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  const beginsMs = Math.max(instantOf({ date: first, time: '00:00' }, timeZone), nowMs + 60_000);
  // A day of 25 hours would be more than a calendar gives.
  const mostMs = beginsMs + LIMITS.availabilityDays * 86_400_000;
  return { beginsMs, endsMs: Math.min(instantOf({ date: last, time: '00:00' }, timeZone), mostMs) };
}

/** In the form that all calendars answer in: few times, of which no two are of the same half day, the first three by name. */
export function freeTimes(startsMs: readonly number[], timeZone: string): object {
  const seen = new Set<string>();
  const spread = startsMs
    .toSorted((a, b) => a - b)
    .map(atMs => {
      const { date, time } = zonedTime(atMs, timeZone);
      return { date, time, start: utc(atMs) };
    })
    .filter(({ date, time }) => {
      const half = `${date} ${time < NOON}`;
      return !seen.has(half) && seen.add(half);
    });
  const slots = spread.slice(0, LIMITS.availabilitySlots);
  const named = WORDS.flatMap((word, at) => {
    const slot = slots[at];
    if (slot === undefined) return [];
    const { date, time, start } = slot;
    return [
      [`${word}_date`, date],
      [`${word}_time`, time],
      [`${word}_start`, start],
    ];
  });
  return { available: slots.length > 0, time_zone: timeZone, ...Object.fromEntries(named), slots };
}
