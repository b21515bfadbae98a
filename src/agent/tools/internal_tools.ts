import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { INTERNAL_OPERATIONS } from '../../config/tool_operations.ts';
import { dayNumber, isoDate, partsOf, WEEKDAYS, weekday } from '../../workflow/calendar.ts';
import type { Tried } from './tool_try.ts';

/** Without those that sound or look like others on a bad line (https://www.crockford.com/base32.html). */
const LETTERS = '0123456789ACDEFGHJKLMNPQRTUVWXYZ';
const REFERENCE_LETTERS = 6;

const day = z.string().transform((iso, context) => {
  const found = dayNumber(iso);
  if (found !== undefined) return found;
  context.addIssue('a date as in 2027-03-14');
  return z.NEVER;
});

interface Place {
  readonly key: string;
  /** Days since 1970 at the node. */
  readonly today: number;
}

const OPERATIONS: Readonly<
  Record<keyof typeof INTERNAL_OPERATIONS, (args: unknown, place: Place) => unknown>
> = {
  /** A number for the caller to write down: the same key has the same one. */
  reference: (args, { key }) => {
    const { prefix } = z
      .object({
        prefix: z
          .string()
          .regex(/^[A-Z]{1,4}$/)
          .default('R'),
      })
      .parse(args);
    const digest = createHash('sha256').update(key).digest();
    const letters = [...digest.subarray(0, REFERENCE_LETTERS)].map(byte => LETTERS[byte % LETTERS.length]);
    return { reference: `${prefix}-${letters.join('')}` };
  },
  /** In whole years, as people count it. */
  age: (args, { today }) => {
    const { born, on } = z.object({ born: day, on: day.default(today) }).parse(args);
    const [from, to] = [partsOf(isoDate(born)), partsOf(isoDate(on))];
    const hadBirthday =
      to.month > from.month || (to.month === from.month && to.dayOfMonth >= from.dayOfMonth);
    return { years: to.year - from.year - (hadBirthday ? 0 : 1) };
  },
  days_until: (args, { today }) => {
    const { date } = z.object({ date: day }).parse(args);
    return { days: date - today, ...named(date) };
  },
  day_after: (args, { today }) => {
    const { from, days, workdays } = z
      .object({
        from: day.default(today),
        days: z.int().min(0).max(1000),
        workdays: z.boolean().default(false),
      })
      .parse(args);
    let found = from;
    for (let left = days; left > 0; left -= workdays && isWeekend(found) ? 0 : 1) found += 1;
    if (workdays) while (isWeekend(found)) found += 1;
    return named(found);
  },
};

/** Does what a tool asks of the node itself; what makes no sense is refused as another system would (400). */
export function internalAnswer(operation: string, args: unknown, key: string, nowMs: number): Tried {
  const now = new Date(nowMs);
  const today = Math.floor((nowMs - now.getTimezoneOffset() * 60_000) / 86_400_000);
  const does = Object.hasOwn(OPERATIONS, operation)
    ? OPERATIONS[operation as keyof typeof OPERATIONS]
    : undefined;
  try {
    if (does !== undefined) return { status: 200, retryAfter: undefined, data: does(args, { key, today }) };
  } catch {
    // Its arguments were none.
  }
  return { status: 400, retryAfter: undefined, data: undefined };
}

function named(found: number): object {
  return { date: isoDate(found), weekday: WEEKDAYS[weekday(found)] };
}

function isWeekend(found: number): boolean {
  return weekday(found) === 0 || weekday(found) === 6;
}
