const DAY_MS = 86_400_000;

export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;
export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

/** Days since 1970-01-01 of a date YYYY-MM-DD (ISO 8601); undefined when there is no such day. */
export function dayNumber(iso: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return undefined;
  const ms = Date.parse(`${iso}T00:00:00Z`);
  if (Number.isNaN(ms)) return undefined;
  return isoDate(ms / DAY_MS) === iso ? ms / DAY_MS : undefined;
}

export function isoDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** YYYY-MM-DD of the parts, or undefined when there is no such day; `month` counts from 1. */
export function dateOf(year: number, month: number, dayOfMonth: number): string | undefined {
  const iso = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`;
  return dayNumber(iso) === undefined ? undefined : iso;
}

export function partsOf(iso: string): {
  readonly year: number;
  readonly month: number;
  readonly dayOfMonth: number;
} {
  return {
    year: Number(iso.slice(0, 4)),
    month: Number(iso.slice(5, 7)),
    dayOfMonth: Number(iso.slice(8, 10)),
  };
}
