import { cardinal } from '../../spoken/numbers.ts';
import { oneOf, rule } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import type { Reading } from '../understand/scan.ts';
import { readTime } from '../understand/times.ts';
import type { Kind } from './kind.ts';

const STORED = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const NOON = 12;
const EVENING = 18;

/** A time of day, stored as "14:30"; where both halves of the day come into question the caller is asked. */
export function timeKind({ from: earliest, to: latest }: SlotOf<'time'>): Kind {
  const accepts = (value: SlotValue): boolean =>
    typeof value === 'string' && STORED.test(value) && value >= earliest && value <= latest;
  const read = (tokens: readonly string[], from: number, asked: boolean): Reading | undefined => {
    const match = readTime(tokens, from, asked);
    return match && { values: match.value.filter(accepts), length: match.length };
  };
  const hours = oneOf(Array.from({ length: 12 }, (_, hour) => cardinal(hour + 1)));
  const part = rule(
    'time_of_day',
    '<hour> [<minute>] [<half_day>] | (half past | quarter past | quarter to) <hour> [<half_day>] | noon | midnight',
    {
      hour: hours,
      minute: oneOf(["o'clock", 'fifteen', 'thirty', 'forty five', 'ten', 'twenty', 'forty', 'fifty']),
      half_day: oneOf(['a m', 'p m', 'in the morning', 'in the afternoon', 'in the evening']),
    },
  );
  return {
    read: (tokens, from) => read(tokens, from, false),
    readAsked: (tokens, from) => read(tokens, from, true),
    say: value => sayTime(String(value)),
    accepts,
    grammar: { ...part, expansion: `[at | it is | it's] ${part.expansion}` },
    fromKeys: keys =>
      /^\d{3,4}$/.test(keys) ? (readTime([keys], 0, true)?.value ?? []).filter(accepts) : [],
    expects: { kind: 'choice' },
  };
}

/** "two thirty in the afternoon", "noon". */
function sayTime(time: string): string {
  if (time === '12:00') return 'noon';
  if (time === '00:00') return 'midnight';
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const half = hour < NOON ? 'morning' : hour < EVENING ? 'afternoon' : 'evening';
  const minutes = minute === 0 ? '' : ` ${minute < 10 ? 'oh ' : ''}${cardinal(minute)}`;
  return `${cardinal(hour % NOON || NOON)}${minutes} in the ${half}`;
}
