import type { SeededRandom } from '../../bench/caller/random.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import { drawPattern, isoDay, timeOf } from './formats.ts';
import type { Lists, Truth } from './truth.ts';

interface Parts {
  readonly places: Places;
  readonly lists: Lists;
  readonly random: SeededRandom;
  readonly todayIso: string;
}

/** What a slot's kind says of its values, as far as it says anything. */
type Bounds = Readonly<Record<string, unknown>>;

/** A likely value of a slot whose scenario says nothing of it, in the form in which it is stored. */
export function drawByKind(spec: SlotSpec, parts: Parts): Truth | undefined {
  const { random, lists } = parts;
  const bounds = spec as unknown as Bounds;
  const number = (key: string, otherwise: number): number =>
    typeof bounds[key] === 'number' ? bounds[key] : otherwise;
  const item = (list: string): string => String(random.pick(lists[list] ?? ['']));
  switch (spec.kind as string) {
    case 'choice':
      return random.pick(Object.keys(bounds.values as object));
    case 'choices':
      return random.pick(Object.keys(bounds.values as object));
    case 'yes_no':
      return random.chance(0.5);
    case 'house_number':
      return random.integer(1, Math.min(number('max', 9999), random.pick([99, 999, 999, 9999])));
    case 'street':
    case 'town':
      return drawPlace(spec.kind, parts);
    case 'floor':
      return Math.min(number('max', 9), random.pick([1, 1, 1, 2, 2, 3, 4, random.integer(5, 12)]));
    case 'count':
      return random.integer(number('min', 1), Math.min(number('max', 4), 4));
    case 'number':
      return random.integer(number('min', 1), Math.min(number('max', 10), number('min', 1) + 40));
    case 'percent':
      return random.integer(0, 20) * 5;
    case 'money':
      return drawCents(number('minCents', 0), number('maxCents', 100_000_00), random);
    case 'date':
      return drawDate(number('withinDays', 0), number('pastDays', 0), parts);
    case 'time':
      return timeOf(random.integer(16, 34) * 30);
    case 'name':
      return `${item('first_names')} ${item('last_names')}`;
    case 'company':
      return `${item('company_names')} ${item('company_trades')}`;
    case 'phone':
      return `${item('area_codes')}${drawPattern('555', random)}${drawPattern('9999', random)}`;
    case 'email':
      return `${item('first_names')}.${item('last_names')}@${item('mail_hosts')}`.toLowerCase();
    case 'us_state':
      return item('states');
    case 'zip':
      return `0${random.integer(1000, 9999)}`;
    case 'code':
      return drawPattern(typeof bounds.pattern === 'string' ? bounds.pattern : 'AA999999', random);
    case 'text':
      return item('free_words');
    default:
      return undefined;
  }
}

function drawPlace(kind: string, { places, random }: Parts): string {
  if (kind === 'town') return random.pick([...places.towns.keys()]);
  const [name, types] = random.pick([...places.streets]);
  return `${name} ${random.pick(types)}`;
}

/** Round amounts, as people name them. */
function drawCents(least: number, most: number, random: SeededRandom): number {
  const cents = least + Math.floor(random.next() * (most - least));
  const unit = 10 ** Math.max(2, Math.floor(Math.log10(Math.max(cents, 1))) - 1);
  return Math.min(most, Math.max(least, Math.round(cents / unit) * unit));
}

function drawDate(withinDays: number, pastDays: number, { random, todayIso }: Parts): string {
  const ahead = [1, random.integer(2, 7), random.integer(8, 80)].map(days => Math.min(days, withinDays));
  const back = random.integer(1, Math.max(1, Math.min(pastDays, pastDays > 10_000 ? 25_000 : pastDays)));
  // Birth dates: nobody who calls was born yesterday.
  const past = pastDays > 10_000 ? Math.max(back, 7_500) : back;
  return isoDay(todayIso, withinDays > 0 ? random.pick(ahead) : -past);
}
