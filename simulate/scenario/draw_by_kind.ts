import type { SeededRandom } from '../../bench/caller/random.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import { drawPattern, isoDay, minutesOf, timeOf } from './formats.ts';
import type { Lists, Truth } from './truth.ts';

interface Parts {
  readonly places: Places;
  readonly lists: Lists;
  readonly random: SeededRandom;
  readonly todayIso: string;
}

/** A likely value of a slot whose scenario says nothing of it, in the form in which it is stored. */
export function drawByKind(spec: SlotSpec, parts: Parts): Truth {
  const { random, lists } = parts;
  const item = (list: string): string => String(random.pick(lists[list] ?? ['']));
  switch (spec.kind) {
    case 'choice':
      return random.pick(Object.keys(spec.values));
    case 'choices':
      return drawSeveral(Object.keys(spec.values), spec.mayBeNone, random);
    case 'yes_no':
      return random.chance(0.5);
    case 'house_number':
      return random.integer(1, Math.min(spec.max, random.pick([99, 999, 999, 9999])));
    case 'street':
    case 'town':
      return drawPlace(spec.kind, parts);
    case 'floor':
      return Math.min(spec.max, random.pick([1, 1, 1, 2, 2, 3, 4, random.integer(5, 12)]));
    case 'count':
      return random.integer(1, Math.min(spec.max, 4));
    case 'number':
      return random.integer(Math.ceil(spec.min), Math.floor(Math.min(spec.max, spec.min + 40)));
    case 'percent':
      return random.integer(Math.ceil(spec.min / 5), Math.floor(Math.min(spec.max, 100) / 5)) * 5;
    case 'money':
      return drawCents(spec.minCents, Math.min(spec.maxCents, spec.minCents + 100_000_00), random);
    case 'date':
      return drawDate(spec.withinDays ?? (spec.pastDays > 0 ? 0 : 366), spec.pastDays, parts);
    case 'time':
      return drawTime(spec.from, spec.to, random);
    case 'name':
      return `${item('first_names')} ${item('last_names')}`;
    case 'company':
      return `${item('company_names')} ${item('company_trades')}`;
    case 'phone':
      return `+1${item('area_codes')}555${drawPattern('9999', random)}`;
    case 'email':
      return `${item('first_names')}.${item('last_names')}@${item('mail_hosts')}`.toLowerCase();
    case 'us_state':
      return spec.only === undefined ? item('states') : random.pick(spec.only);
    case 'zip':
      return `0${random.integer(1000, 9999)}`;
    case 'code':
      return drawPattern(typeof spec.pattern === 'string' ? spec.pattern : random.pick(spec.pattern), random);
    case 'text':
      return item('free_words');
  }
}

function drawSeveral(values: readonly string[], mayBeNone: boolean, random: SeededRandom): string {
  if (mayBeNone && random.chance(0.2)) return 'none';
  const chosen = values.filter(() => random.chance(0.3));
  return chosen.length === 0 ? random.pick(values) : chosen.slice(0, 3).join('+');
}

/** On the half hour, in office hours where that can be. */
function drawTime(from: string, to: string, random: SeededRandom): string {
  const least = Math.ceil(Math.max(minutesOf(from), 8 * 60) / 30);
  const most = Math.floor(Math.min(minutesOf(to), 17 * 60) / 30);
  return least > most ? from : timeOf(random.integer(least, most) * 30);
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
