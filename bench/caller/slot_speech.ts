import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import {
  cardinal,
  houseNumberForms,
  ordinal,
  readCardinal,
  readHouseNumber,
  readOrdinal,
} from './number_words.ts';

/**
 * How a slot's values sound: from the agent, who reads them back, and from the caller. Values are compared by keys, so
 * that "ground floor" heard and 1 in the script are the same.
 */
export interface SlotSpeech {
  /** JSGF expansion of everything that the agent may say for the slot. */
  readonly grammar: string;
  /** The key of words that were heard; undefined when they are none of the slot's. */
  read(words: readonly string[]): string | undefined;
  key(value: SlotValue): string;
  /** Ways for a caller to say a value, the plainest first. */
  ways(value: SlotValue): readonly string[];
  /** The name to be spelled when the value has one. */
  spelledName?(value: SlotValue): string;
}

/** The streets and towns that the recogniser is told to expect: a sample of the gazetteer with the script's own. */
export interface KnownPlaces {
  /** With their types: "Maple Street". */
  readonly streets: readonly string[];
  /** As stored: "Salem, MA". */
  readonly towns: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** Words as a recogniser writes them: lower case, no punctuation. */
export function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .replace(/\d+/g, digits => ` ${cardinal(Number(digits.slice(0, 6)))} `)
    .replace(/[^a-z' ]+/g, ' ');
  return plain.split(/\s+/).filter(word => /[a-z]/.test(word));
}

/** A JSGF alternative of texts. */
export function oneOf(texts: Iterable<string>): string {
  const options = [...new Set([...texts].map(text => wordsOf(text).join(' ')))].filter(text => text !== '');
  return `(${options.join(' | ')})`;
}

export function slotSpeech(spec: SlotSpec, places: Places, known: KnownPlaces): SlotSpeech {
  switch (spec.kind) {
    case 'choice':
      return choiceSpeech(spec);
    case 'yes_no':
      return yesNoSpeech(spec);
    case 'house_number':
      return {
        grammar: '<house_number>',
        read: words => toKey(readHouseNumber(words)),
        key: String,
        ways: value => houseNumberForms(Number(value)),
      };
    case 'street':
      return streetSpeech(places, known);
    case 'town':
      return townSpeech(places, known);
    case 'floor':
      return FLOOR_SPEECH;
    case 'count':
      return countSpeech(spec.unit);
    case 'date':
      return DATE_SPEECH;
    default:
      throw new Error(`this caller knows no words for slots of kind ${spec.kind}`);
  }
}

function toKey(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function choiceSpeech(spec: Extract<SlotSpec, { kind: 'choice' }>): SlotSpeech {
  const entries = Object.entries(spec.values);
  const bySaying = new Map(entries.map(([value, { say }]) => [wordsOf(say).join(' '), value]));
  return {
    grammar: oneOf(bySaying.keys()),
    read: words => bySaying.get(words.join(' ')),
    key: String,
    ways: value => {
      const phrases = spec.values[String(value)]?.phrases ?? [];
      return [...phrases, ...phrases.map(phrase => `it's ${/^[aeiou]/.test(phrase) ? 'an' : 'a'} ${phrase}`)];
    },
  };
}

function yesNoSpeech(spec: Extract<SlotSpec, { kind: 'yes_no' }>): SlotSpeech {
  return {
    grammar: '(yes | no)',
    read: words => (/^(yes|no)$/.test(words.join(' ')) ? String(words[0] === 'yes') : undefined),
    key: String,
    ways: value => (value === true ? ['yes', 'yeah', ...spec.yes] : ['no', 'nope', ...spec.no]),
  };
}

function streetSpeech(places: Places, { streets }: KnownPlaces): SlotSpeech {
  const all = [...places.streets].flatMap(([name, types]) =>
    types.map(type => wordsOf(`${name} ${type}`).join(' ')),
  );
  const names = new Set(all);
  return {
    grammar: oneOf(streets),
    read: words => (names.has(words.join(' ')) ? words.join(' ') : undefined),
    key: value => wordsOf(String(value)).join(' '),
    ways: value => [String(value)],
    spelledName: value => String(value).replace(/ \S+$/, ''),
  };
}

/** The agent says a town with its state; the caller only where the name alone means two. */
function townSpeech(places: Places, { towns }: KnownPlaces): SlotSpeech {
  const full = (id: string): string => {
    const town = places.towns.get(id);
    return town === undefined ? id : `${town.name} ${places.states.get(town.state)}`;
  };
  const short = (id: string): string => {
    const name = places.towns.get(id)?.name ?? id;
    return (places.townsByName.get(name.toLowerCase())?.length ?? 0) > 1 ? full(id) : name;
  };
  const keys = new Map([...places.towns.keys()].map(id => [wordsOf(full(id)).join(' '), id]));
  return {
    grammar: oneOf(towns.map(full)),
    read: words => keys.get(words.join(' ')),
    key: String,
    ways: value => [short(String(value))],
    spelledName: value => places.towns.get(String(value))?.name ?? String(value),
  };
}

/** Floors count from the street, as in the United States: 1 is the ground floor, 0 the basement. */
const FLOOR_SPEECH: SlotSpeech = {
  grammar: '(ground floor | basement | <ordinal> floor)',
  read: words => {
    const text = words.join(' ');
    if (text === 'ground floor') return '1';
    if (text === 'basement') return '0';
    return words.at(-1) === 'floor' ? toKey(readOrdinal(words.slice(0, -1))) : undefined;
  },
  key: String,
  ways: value => {
    const floor = Number(value);
    if (floor === 0) return ['basement', 'the basement', "it's in the basement"];
    if (floor === 1) return ['ground floor', 'the ground floor', "it's on the ground floor"];
    const name = `${ordinal(floor)} floor`;
    return [name, `the ${name}`, `on the ${name}`, `it's on the ${name}`, `floor ${cardinal(floor)}`];
  },
};

function countSpeech({ one, many }: { readonly one: string; readonly many: string }): SlotSpeech {
  return {
    grammar: `(no ${many} | one ${one} | <cardinal> ${many})`,
    read: words => {
      const text = words.join(' ');
      if (text === `no ${many}`) return '0';
      if (text === `one ${one}`) return '1';
      const unit = wordsOf(many);
      if (words.slice(-unit.length).join(' ') !== unit.join(' ')) return undefined;
      return toKey(readCardinal(words.slice(0, -unit.length)));
    },
    key: String,
    ways: value => {
      const count = Number(value);
      if (count === 0) return [`no ${many}`, 'none'];
      return count === 1 ? [`one ${one}`, 'one'] : [`${cardinal(count)} ${many}`, cardinal(count)];
    },
  };
}

/** Dates are read back with weekday, month and day; month and day tell them apart within a year. */
const DATE_SPEECH: SlotSpeech = {
  grammar: `[${WEEKDAYS.join(' | ')}] (${MONTHS.join(' | ')}) [the] <ordinal>`,
  read: words => {
    const rest = WEEKDAYS.includes(words[0] ?? '') ? words.slice(1) : words;
    const month = MONTHS.indexOf(rest[0] ?? '') + 1;
    const day = readOrdinal(rest.slice(rest[1] === 'the' ? 2 : 1));
    return month === 0 || day === undefined ? undefined : dayKey(month, day);
  },
  key: value => dayKey(Number(String(value).slice(5, 7)), Number(String(value).slice(8, 10))),
  ways: value => {
    const date = new Date(`${String(value)}T12:00:00Z`);
    const month = capital(MONTHS[date.getUTCMonth()]!);
    const day = ordinal(date.getUTCDate());
    const weekday = capital(WEEKDAYS[date.getUTCDay()]!);
    return [
      `${month} ${day}`,
      `${month} the ${day}`,
      `the ${day} of ${month}`,
      `on ${month} ${day}`,
      `${weekday} ${month} ${day}`,
    ];
  },
};

function dayKey(month: number, day: number): string {
  return `${month}-${day}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
