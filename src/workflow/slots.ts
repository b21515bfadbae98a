import { cardinal, houseNumber, ordinal } from '../spoken/numbers.ts';
import { dayNumber, MONTHS, partsOf, WEEKDAYS, weekday } from './calendar.ts';
import {
  countPart,
  datePart,
  digitsPart,
  floorPart,
  houseNumberPart,
  spellingPart,
  streetPart,
  townPart,
  unitCountPart,
  wholeFloorPart,
} from './grammar_parts.ts';
import { type GrammarPart, oneOf, rule } from './jsgf.ts';
import type { Places } from './places.ts';
import type { SlotKindName, SlotOf, SlotSpec } from './slot_schema.ts';
import type { SlotValue } from './types.ts';
import { readDate } from './understand/dates.ts';
import { dateOfKeys, keysOf, numberOfKeys } from './understand/keypad.ts';
import { readCardinal, readHouseNumber, readOrdinal } from './understand/numbers.ts';
import { PhraseTable } from './understand/phrases.ts';
import { type PlaceMatch, spokenTown, streetReader, townReader } from './understand/places.ts';
import type { Reading } from './understand/scan.ts';
import { lettersIn } from './understand/spelling.ts';
import { SPOKEN_NO, SPOKEN_YES } from './understand/words.ts';

/** Names that a slot can be spelled from, and what a name stands for. */
interface Spellable {
  readonly names: readonly string[];
  /** `refused` helps to choose: what was heard along with a wrong name was mostly right. */
  readonly valuesOf: (name: string, refused: readonly SlotValue[]) => readonly SlotValue[];
  readonly nameOf: (value: SlotValue) => string;
  readonly grammar: GrammarPart;
}

/** A slot of a workflow with all that its kind knows. */
export interface Slot {
  readonly name: string;
  readonly spec: SlotSpec;
  /** What the tokens from a place on say about the slot. */
  read(tokens: readonly string[], from: number, todayIso: string): Reading | undefined;
  /** The value in words, as the agent says it and a caller may. */
  say(value: SlotValue): string;
  /** Whether a value can be taken today. */
  accepts(value: SlotValue, todayIso: string): boolean;
  readonly grammar: GrammarPart;
  /** How it is said alone in a correction of several slots, in so many words that it is not taken for yes or no. */
  readonly correction?: GrammarPart;
  readonly digits?: GrammarPart;
  /** What the digits say that were pressed on a telephone's keys. */
  readonly fromKeys?: (keys: string, todayIso: string) => readonly SlotValue[];
  readonly spellable?: Spellable;
}

type Kind = Omit<Slot, 'name' | 'spec'>;
type KindMakers = { readonly [K in SlotKindName]: (spec: SlotOf<K>, places: Places) => Kind };

const KINDS: KindMakers = {
  choice: choiceKind,
  yes_no: yesNoKind,
  house_number: houseNumberKind,
  street: (_, places) => streetKind(places),
  town: (_, places) => townKind(places),
  floor: floorKind,
  count: countKind,
  date: dateKind,
};

export function makeSlot(name: string, spec: SlotSpec, places: Places): Slot {
  const make = KINDS[spec.kind] as (spec: SlotSpec, places: Places) => Kind;
  const kind = make(spec, places);
  const { spellable } = kind;
  const fromKeys = kind.fromKeys ?? (spellable && keyedNames(spellable));
  return { ...kind, ...(fromKeys && { fromKeys }), name, spec };
}

/** Names by the keys that spell them. */
function keyedNames({ names, valuesOf }: Spellable): NonNullable<Slot['fromKeys']> {
  const byKeys = Map.groupBy(names, name => keysOf(lettersIn(name)));
  return keys => (byKeys.get(keys) ?? []).flatMap(name => valuesOf(name, []));
}

function choiceKind(spec: SlotOf<'choice'>): Kind {
  const phrases = Object.entries(spec.values).flatMap(([value, { phrases: said }]) =>
    said.map(phrase => [phrase, value] as const),
  );
  const table = new PhraseTable<string>(phrases);
  return {
    read: (tokens, from) => single(table.at(tokens, from)),
    say: value => spec.values[String(value)]?.say ?? '',
    accepts: value => typeof value === 'string' && Object.hasOwn(spec.values, value),
    grammar: {
      expansion: `[it is | it's | i have] [a | an | the] ${oneOf(phrases.map(([phrase]) => phrase))}`,
      rules: {},
    },
  };
}

function yesNoKind(spec: SlotOf<'yes_no'>): Kind {
  const table = new PhraseTable<boolean>([
    ...spec.yes.map(phrase => [phrase, true] as const),
    ...spec.no.map(phrase => [phrase, false] as const),
  ]);
  return {
    read: (tokens, from) => single(table.at(tokens, from)),
    say: value => (value === true ? 'yes' : 'no'),
    accepts: value => typeof value === 'boolean',
    grammar: { expansion: oneOf([...SPOKEN_YES, ...SPOKEN_NO, ...spec.yes, ...spec.no]), rules: {} },
  };
}

function houseNumberKind(spec: SlotOf<'house_number'>): Kind {
  return {
    read: (tokens, from) => within(readHouseNumber(tokens, from), 1, spec.max),
    say: value => houseNumber(Number(value)),
    accepts: value => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= spec.max,
    grammar: houseNumberPart,
    digits: digitsPart(spec.max),
    fromKeys: keyedNumber,
  };
}

function streetKind(places: Places): Kind {
  const read = streetReader(places);
  const names = [...places.streets.keys()];
  return {
    read: (tokens, from) => several(read(tokens, from)),
    say: String,
    accepts: value => {
      const [, name = '', type = ''] = /^(.+) (\S+)$/.exec(String(value)) ?? [];
      return (places.streets.get(name) ?? []).includes(type);
    },
    grammar: streetPart(places),
    spellable: {
      names,
      valuesOf: (name, refused) => {
        const streets = (places.streets.get(name) ?? []).map(type => `${name} ${type}`);
        const types = new Set(
          refused
            .map(String)
            .filter(street => !street.startsWith(`${name} `))
            .map(typeOf),
        );
        const likely = streets.filter(street => types.has(typeOf(street)));
        return likely.length === 1 ? likely : streets;
      },
      nameOf: value => String(value).replace(/ \S+$/, ''),
      grammar: spellingPart('spelled_street', names.map(lettersIn)),
    },
  };
}

function keyedNumber(keys: string): readonly number[] {
  return [numberOfKeys(keys) ?? []].flat();
}

function typeOf(street: string): string {
  return street.replace(/^.* /, '');
}

function townKind(places: Places): Kind {
  const read = townReader(places);
  const names = [...new Set([...places.towns.values()].map(town => town.name))];
  return {
    read: (tokens, from) => several(read(tokens, from)),
    say: value => spokenTown(places, String(value)),
    accepts: value => places.towns.has(String(value)),
    grammar: { ...townPart(places), expansion: "[it is | it's] [in] <town>" },
    correction: { ...townPart(places), expansion: 'in <town>' },
    spellable: {
      names,
      valuesOf: name => (places.townsByName.get(name.toLowerCase()) ?? []).map(town => town.id),
      nameOf: value => places.towns.get(String(value))?.name ?? '',
      grammar: spellingPart('spelled_town', names.map(lettersIn)),
    },
  };
}

/** Floors count from the street as in the United States: the ground floor is the first, the basement is 0. */
function floorKind(spec: SlotOf<'floor'>): Kind {
  const low = new PhraseTable<number>([
    ...['ground floor', 'ground level', 'ground', 'street level', 'street floor'].map(
      phrase => [phrase, 1] as const,
    ),
    ...['basement', 'basement floor', 'basement level', 'cellar'].map(phrase => [phrase, 0] as const),
  ]);
  const min = spec.basement ? 0 : 1;
  return {
    read: (tokens, from) => {
      const lead = ['floor', 'level'].includes(tokens[from] ?? '') ? 1 : 0;
      const number =
        (lead === 0 ? readOrdinal(tokens, from) : undefined) ?? readCardinal(tokens, from + lead);
      const match = low.at(tokens, from) ?? number;
      if (match === undefined) return undefined;
      const lead1 = match === number ? lead : 0;
      const after = /^(floor|level|story)$/.test(tokens[from + lead1 + match.length] ?? '') ? 1 : 0;
      return within({ value: match.value, length: lead1 + match.length + after }, min, spec.max);
    },
    say: value => floorName(Number(value)),
    accepts: value => Number.isInteger(value) && Number(value) >= min && Number(value) <= spec.max,
    grammar: {
      ...floorPart(spec.max, spec.basement),
      expansion: "[it is | it's] [on | in] [the] <floor>",
    },
    correction: wholeFloorPart(spec.max, spec.basement),
    fromKeys: keyedNumber,
  };
}

function floorName(floor: number): string {
  if (floor === 0) return 'basement';
  return floor === 1 ? 'ground floor' : `${ordinal(floor)} floor`;
}

function countKind(spec: SlotOf<'count'>): Kind {
  const { one, many, also } = spec.unit;
  const units = [one, many, ...also];
  const unit = new PhraseTable<true>(units.map(phrase => [phrase, true]));
  const fixed = new PhraseTable<number>([
    ...[
      'none',
      'zero',
      'not any',
      "there aren't any",
      'there are none',
      ...units.map(phrase => `no ${phrase}`),
    ].map(phrase => [phrase, 0] as const),
    ...units.flatMap(phrase => [`a ${phrase}`, `just one ${phrase}`].map(said => [said, 1] as const)),
    ['a couple', 2] as const,
    ['a couple of', 2] as const,
  ]);
  return {
    read: (tokens, from) => {
      const match = fixed.at(tokens, from) ?? readCardinal(tokens, from);
      if (match === undefined) return undefined;
      const after = unit.at(tokens, from + match.length)?.length ?? 0;
      return within({ value: match.value, length: match.length + after }, 0, spec.max);
    },
    say: value => (value === 0 ? `no ${many}` : `${cardinal(Number(value))} ${value === 1 ? one : many}`),
    accepts: value => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= spec.max,
    grammar: countPart(spec.unit, spec.max),
    correction: unitCountPart(spec.unit, spec.max),
    fromKeys: keyedNumber,
  };
}

function dateKind(spec: SlotOf<'date'>): Kind {
  const accepts = (value: SlotValue, todayIso: string): boolean => {
    const [day, today] = [String(value), todayIso].map(dayNumber);
    return day !== undefined && today !== undefined && day > today && day - today <= spec.withinDays;
  };
  return {
    read: (tokens, from, todayIso) => {
      const match = readDate(tokens, from, todayIso);
      return match && { values: match.value.filter(date => accepts(date, todayIso)), length: match.length };
    },
    say: value => sayDate(String(value)),
    accepts,
    grammar: { ...datePart, expansion: "[on | it is | it's] <date>" },
    fromKeys: (keys, todayIso) => readDate([dateOfKeys(keys) ?? ''], 0, todayIso)?.value ?? [],
  };
}

function capital(word = ''): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** "Tuesday, March the fourteenth". */
function sayDate(iso: string): string {
  const { month, dayOfMonth } = partsOf(iso);
  return `${capital(WEEKDAYS[weekday(dayNumber(iso) ?? 0)])}, ${capital(MONTHS[month - 1])} the ${ordinal(dayOfMonth)}`;
}

function single(
  match: { readonly value: SlotValue; readonly length: number } | undefined,
): Reading | undefined {
  return match && { values: [match.value], length: match.length };
}

function several(match: PlaceMatch | undefined): Reading | undefined {
  return match && { values: match.value, length: match.length, partial: match.partial };
}

function within(
  match: { readonly value: number; readonly length: number } | undefined,
  min: number,
  max: number,
): Reading | undefined {
  return (
    match && { values: match.value >= min && match.value <= max ? [match.value] : [], length: match.length }
  );
}

/** None of what was offered. */
export const nonePart: GrammarPart = rule('none', oneOf([...SPOKEN_NO, 'neither', 'none of them']));

/** A yes-or-no answer alone. */
export const yesNoPart: GrammarPart = rule('yes_no', oneOf([...SPOKEN_YES, ...SPOKEN_NO]));
