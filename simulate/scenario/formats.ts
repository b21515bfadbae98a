import type { SeededRandom } from '../../bench/caller/random.ts';

const DAY_MS = 86_400_000;
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** YYYY-MM-DD, so many days from another day. */
export function isoDay(todayIso: string, days: number): string {
  return new Date(Date.parse(`${todayIso}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Minutes since midnight of HH:MM. */
export function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

export function timeOf(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, '0')).join(':');
}

/** A is any letter, 9 any digit, X either, everything else stays. */
export function drawPattern(pattern: string, random: SeededRandom): string {
  return [...pattern]
    .map(sign => {
      if (sign === 'A' || (sign === 'X' && random.chance(0.5))) return random.pick([...LETTERS]);
      return sign === '9' || sign === 'X' ? random.integer(0, 9) : sign;
    })
    .join('');
}
