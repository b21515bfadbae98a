const PARTS = new Map<string, Intl.DateTimeFormat>();

/** A day and a time of day by the clocks of a zone. */
export interface ZonedTime {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** HH:MM. */
  readonly time: string;
}

/** What the clocks of a zone show at an instant (milliseconds since 1970). */
export function zonedTime(atMs: number, timeZone: string): ZonedTime {
  const shown = new Date(atMs + offsetMs(atMs, timeZone)).toISOString();
  return { date: shown.slice(0, 10), time: shown.slice(11, 16) };
}

/**
 * The instant at which the clocks of a zone show that: the first of two where they are put back; where they are put
 * forward and never show it, an hour later.
 */
export function instantOf({ date, time }: ZonedTime, timeZone: string): number {
  const wallMs = Date.parse(`${date}T${time}:00Z`);
  const before = wallMs - offsetMs(wallMs - 86_400_000, timeZone);
  const after = wallMs - offsetMs(wallMs + 86_400_000, timeZone);
  const shows = (atMs: number) => atMs + offsetMs(atMs, timeZone) === wallMs;
  if (shows(before)) return before;
  return shows(after) ? after : before;
}

/** A start as tools give it: an instant, or what the clocks of the zone show, as in 2027-03-14T09:00. Undefined where it is neither. */
export function startOf(text: string, timeZone: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})T([01]\d:[0-5]\d|2[0-3]:[0-5]\d)(?::00)?$/.exec(text) ?? [];
  if (date !== undefined && time !== undefined)
    return isDay(date) ? instantOf({ date, time }, timeZone) : undefined;
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const atMs = isInstant && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** The 30th of February would be taken for the 2nd of March. */
function isDay(date: string): boolean {
  const atMs = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(date);
}

/** As RFC 3339 in UTC, whole seconds. */
export function utc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

function offsetMs(atMs: number, timeZone: string): number {
  const format =
    PARTS.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', hourCycle: 'h23' });
  PARTS.set(timeZone, format);
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}
