import { cardinal, ordinal } from '../../bench/caller/number_words.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { Truth } from '../scenario/truth.ts';
import { sayDate, sayTime } from './say_date.ts';
import { keysOfName, sayCode, sayEmail, spell, spellWithWords } from './say_letters.ts';
import { inWords, sayHouseNumber, sayMoney, sayPhone, sayZip, spokenDigits } from './say_number.ts';
import { STATE_NAMES } from './states.ts';

export interface SayContext {
  readonly places: Places;
  readonly todayIso: string;
  /** Ways of this slot's values that the scenario knows, by value. */
  readonly says: Readonly<Record<string, readonly string[]>>;
  pick<T>(options: readonly T[]): T;
}

/** The kind's own settings, which differ from kind to kind. */
interface Details {
  readonly values?: Readonly<Record<string, { readonly say: string }>>;
  readonly unit?: { readonly one: string; readonly many: string };
}

/** The words for a value, by a style of its kind's phrasing. */
export function sayValue(spec: SlotSpec, value: Truth, style: string, context: SayContext): string {
  const text = String(value);
  const details = spec as unknown as Details;
  switch (spec.kind as string) {
    case 'choice':
      return sayChoice(details, text, context);
    case 'choices':
      return sayChoices(details, text, style, context);
    case 'house_number':
      return sayHouseNumber(Number(value), style);
    case 'town':
      return sayTown(context.places, text);
    case 'floor':
      return sayFloor(Number(value), style);
    case 'count':
      return sayCount(Number(value), style, details.unit);
    case 'number':
      return sayNumber(Number(value), style, details.unit);
    case 'percent':
      return style === 'figures' ? `${text}%` : `${inWords(Number(value))} percent`;
    case 'money':
      return sayMoney(Number(value), style);
    case 'date':
      return sayDate(text, style, context.todayIso);
    case 'time':
      return sayTime(text, style);
    case 'phone':
      return sayPhone(text, style);
    case 'email':
      return sayEmail(text, style);
    case 'us_state':
      return style === 'letters' ? [...text.toLowerCase()].join(' ') : stateName(text);
    case 'zip':
      return sayZip(text, style);
    case 'code':
      return sayCode(text, style);
    default:
      return text;
  }
}

function sayChoice({ values }: Details, value: string, context: SayContext): string {
  const ways = context.says[value];
  return ways === undefined ? (values?.[value]?.say ?? value.replaceAll('_', ' ')) : context.pick(ways);
}

function sayChoices(details: Details, value: string, style: string, context: SayContext): string {
  const chosen = value === 'none' || value === '' ? [] : value.split('+');
  if (chosen.length === 0)
    return context.pick(context.says.none ?? ['none of those', 'none', 'nothing like that']);
  const said = chosen.map(one => sayChoice(details, one, context));
  if (said.length === 1) return said[0]!;
  const list = `${said.slice(0, -1).join(', ')} and ${said.at(-1)}`;
  return style === 'counted' && said.length === 2 ? `both ${list}` : list;
}

/** With its state only where the name alone means two. */
function sayTown(places: Places, id: string): string {
  const town = places.towns.get(id);
  if (town === undefined) return id.replace(/, [A-Z]{2}$/, '');
  const isOnlyOne = (places.townsByName.get(town.name.toLowerCase())?.length ?? 0) <= 1;
  return isOnlyOne ? town.name : `${town.name} ${places.states.get(town.state)}`;
}

function sayFloor(floor: number, style: string): string {
  if (floor <= 1) return floor === 1 ? 'ground floor' : 'basement';
  return style === 'numbered' ? `floor ${cardinal(floor)}` : `${ordinal(floor)} floor`;
}

function sayCount(count: number, style: string, unit: Details['unit']): string {
  const number = style === 'figures' ? String(count) : inWords(count);
  if (style !== 'unit' || unit === undefined) return count === 0 && style !== 'figures' ? 'none' : number;
  if (count === 0) return `no ${unit.many}`;
  return `${number} ${count === 1 ? unit.one : unit.many}`;
}

function sayNumber(value: number, style: string, unit: Details['unit']): string {
  if (style === 'figures') return value >= 10_000 ? value.toLocaleString('en-US') : String(value);
  const number = inWords(value);
  const named = typeof unit === 'string' ? unit : value === 1 ? unit?.one : unit?.many;
  return style === 'unit' && named !== undefined ? `${number} ${named}` : number;
}

/** The caller's way when asked to spell; undefined for values that nobody spells. */
export function spellValue(
  spec: SlotSpec,
  value: Truth,
  places: Places,
  withWords: boolean,
): string | undefined {
  const text = String(value);
  switch (spec.kind as string) {
    case 'street':
      return spell(text.replace(/ \S+$/, ''));
    case 'town':
      return spell(places.towns.get(text)?.name ?? text);
    case 'name':
    case 'company':
      return spell(text);
    case 'code':
      return withWords ? spellWithWords(text) : sayCode(text, 'plain');
    case 'email':
      return sayEmail(
        text.replace(/^[^@]*/, local => [...local].join(' ')),
        'spoken',
      );
    default:
      return undefined;
  }
}

/** What is pressed when the agent asks for keys. */
export function keysFor(spec: SlotSpec, value: Truth, places: Places): string {
  const text = String(value);
  switch (spec.kind as string) {
    case 'yes_no':
      return value === true ? '1' : '2';
    case 'street':
      return keysOfName(text.replace(/ \S+$/, ''));
    case 'town':
      return keysOfName(places.towns.get(text)?.name ?? text);
    case 'date':
      return text.slice(5).replace('-', '');
    case 'money':
      return String(Math.round(Number(value) / 100));
    case 'phone':
      return text.replaceAll(/\D/g, '').slice(-10);
    case 'time':
      return text.replace(':', '');
    default:
      return text.replaceAll(/\D/g, '');
  }
}

/** Digit by digit. */
export function digitsOf(value: Truth): string {
  return spokenDigits(String(value).replaceAll(/\D/g, ''));
}

function stateName(code: string): string {
  return STATE_NAMES[code] ?? code;
}
