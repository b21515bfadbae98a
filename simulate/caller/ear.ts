import { cardinal, ordinal, readCardinal, readOrdinal } from '../../bench/caller/number_words.ts';
import { type SlotSpeech, slotSpeech, wordsOf } from '../../bench/caller/slot_speech.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import { STATE_NAMES } from '../speech/states.ts';

/** What a caller hears of a slot's value in the agent's words; values are compared by keys. */
export interface SlotEar {
  /** The key of words that were heard; undefined when they are none of the slot's. */
  read(words: readonly string[]): string | undefined;
  key(value: SlotValue): string;
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const DAYS_OF_A_YEAR = 366;
const WEEKDAYS = new Set('sunday monday tuesday wednesday thursday friday saturday'.split(' '));
const DIGIT_WORDS: ReadonlyMap<string, string> = new Map([
  ...Array.from({ length: 10 }, (_, digit) => [cardinal(digit), String(digit)] as const),
  ['oh', '0'],
]);
const EMAIL_SIGNS: ReadonlyMap<string, string> = new Map([
  ['dot', '.'],
  ['at', '@'],
  ['underscore', '_'],
  ['dash', '-'],
  ['hyphen', '-'],
  ['plus', '+'],
]);

/** Written apart from how the agent says things, which it judges. */
export function slotEar(spec: SlotSpec, places: Places): SlotEar {
  switch (spec.kind) {
    case 'name':
    case 'company':
    case 'text':
      return { read: words => words.join(' '), key: value => wordsOf(String(value)).join(' ') };
    case 'phone':
      return digitsEar(value => value.slice(-10), 7);
    case 'zip':
      return digitsEar(value => value.slice(0, 5), 5);
    case 'code':
      return { read: words => signsIn(words, DIGIT_WORDS), key: value => letters(String(value)) };
    case 'email':
      return {
        read: words => signsIn(words, new Map([...DIGIT_WORDS, ...EMAIL_SIGNS])),
        key: value => String(value).toLowerCase(),
      };
    case 'money':
      return { read: words => keyOf(readDollars(words)), key: String };
    case 'number':
      return { read: words => keyOf(readNumber(words, spec.unit)), key: String };
    case 'percent':
      return {
        read: words => (words.at(-1) === 'percent' ? keyOf(readNumber(words.slice(0, -1))) : undefined),
        key: String,
      };
    case 'us_state':
      return { read: words => STATES_BY_NAME.get(words.join(' ')), key: String };
    case 'time':
      return { read: readTime, key: String };
    case 'date':
      return dayEar(Math.max(spec.pastDays, spec.withinDays ?? 0) > DAYS_OF_A_YEAR);
    case 'choices':
      return choicesEar(spec.values);
    default:
      return plainEar(slotSpeech(spec, places, { streets: [], towns: [] }));
  }
}

function plainEar({ read, key }: SlotSpeech): SlotEar {
  return { read, key };
}

function keyOf(number: number | undefined): string | undefined {
  return number === undefined ? undefined : String(number);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function digitsEar(part: (digits: string) => string, least: number): SlotEar {
  return {
    read: words => {
      const digits = words.map(word => DIGIT_WORDS.get(word));
      if (digits.includes(undefined) || digits.length < least) return undefined;
      return part(digits.join(''));
    },
    key: value => part(String(value).replaceAll(/\D/g, '')),
  };
}

/** Letters and words as they are, digits and signs for their names; "O as in Oscar" is one letter. */
function signsIn(words: readonly string[], names: ReadonlyMap<string, string>): string {
  const own = words
    .join(' ')
    .replaceAll(/\b([a-z]) as in [a-z]+/g, '$1')
    .split(' ');
  return own.map(word => names.get(word) ?? word.replaceAll("'", '')).join('');
}

function readNumber(
  words: readonly string[],
  unit?: { readonly one: string; readonly many: string },
): number | undefined {
  const own = withoutUnit(words, unit);
  if (own.join(' ') === 'no') return 0;
  const minus = own[0] === 'minus' ? 1 : 0;
  const point = own.indexOf('point');
  const whole = readLarge(own.slice(minus, point < 0 ? undefined : point));
  if (whole === undefined) return undefined;
  const decimals =
    point < 0
      ? ''
      : own
          .slice(point + 1)
          .map(word => DIGIT_WORDS.get(word) ?? '')
          .join('');
  const value = Number(`${whole}${decimals === '' ? '' : `.${decimals}`}`);
  return minus === 1 ? -value : value;
}

function withoutUnit(
  words: readonly string[],
  unit: { readonly one: string; readonly many: string } | undefined,
): readonly string[] {
  const text = words.join(' ');
  for (const name of unit === undefined ? [] : [unit.many, unit.one]) {
    const tail = ` ${wordsOf(name).join(' ')}`;
    if (text.endsWith(tail)) return text.slice(0, -tail.length).split(' ');
  }
  return words;
}

/** Up to billions. */
function readLarge(words: readonly string[]): number | undefined {
  for (const [name, worth] of [
    ['billion', 1e9],
    ['million', 1e6],
  ] as const) {
    const at = words.indexOf(name);
    if (at < 0) continue;
    const head = readLarge(words.slice(0, at));
    const tail = at === words.length - 1 ? 0 : readLarge(words.slice(at + 1));
    return head === undefined || tail === undefined ? undefined : head * worth + tail;
  }
  return readCardinal(words);
}

/** Cents. */
function readDollars(words: readonly string[]): number | undefined {
  const at = words.findIndex(word => /^dollars?$/.test(word));
  if (at < 0) {
    const isCents = /^cents?$/.test(words.at(-1) ?? '');
    return isCents ? readLarge(words.slice(0, -1)) : undefined;
  }
  const dollars = readLarge(words.slice(0, at));
  const rest = words.slice(at + 1).filter(word => word !== 'and' && !/^cents?$/.test(word));
  const cents = rest.length === 0 ? 0 : readLarge(rest);
  return dollars === undefined || cents === undefined ? undefined : dollars * 100 + cents;
}

const STATES_BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(STATE_NAMES).map(([code, name]) => [wordsOf(name).join(' '), code]),
);

/** "two thirty in the afternoon", "nine a m", "noon" */
function readTime(words: readonly string[]): string | undefined {
  const text = words.join(' ');
  if (text === 'noon') return '12:00';
  if (text === 'midnight') return '00:00';
  const half = /^(.*?)(?: o'clock)? (?:in the (morning|afternoon|evening)|at (night)|([ap]) ?m)$/.exec(text);
  if (half === null) return undefined;
  const [, clock = '', part = '', night, letter] = half;
  const [first = '', ...rest] = clock.split(' ');
  const hour = readCardinal([first]);
  const minute = rest.length === 0 ? 0 : readCardinal(rest[0] === 'oh' ? rest.slice(1) : rest);
  if (hour === undefined || minute === undefined || hour < 1 || hour > 12) return undefined;
  const isLate = part === 'afternoon' || part === 'evening' || night !== undefined || letter === 'p';
  const hours = (hour % 12) + (isLate ? 12 : 0);
  return [hours, minute].map(one => String(one).padStart(2, '0')).join(':');
}

/** Of days that may be more than a year away the year is told as well, and may be wrong like the rest. */
function dayEar(hasYear: boolean): SlotEar {
  return {
    read: words => readDay(words, hasYear),
    key: value => {
      const [year, month, day] = String(value).split('-').map(Number);
      return `${month}-${day}${hasYear ? ` ${year}` : ''}`;
    },
  };
}

function readDay(words: readonly string[], hasYear: boolean): string | undefined {
  const rest = WEEKDAYS.has(words[0] ?? '') ? words.slice(1) : words;
  const month = MONTHS.indexOf(rest[0] ?? '') + 1;
  const from = rest[1] === 'the' ? 2 : 1;
  for (const length of [2, 1]) {
    const day = readOrdinal(rest.slice(from, from + length));
    if (month === 0 || day === undefined || ordinal(day).split(' ').length !== length) continue;
    const year = hasYear ? readYear(rest.slice(from + length)) : undefined;
    if (hasYear && year === undefined) return undefined;
    return `${month}-${day}${hasYear ? ` ${year}` : ''}`;
  }
  return undefined;
}

/** "nineteen forty four", "nineteen oh five", "two thousand nine" */
function readYear(words: readonly string[]): number | undefined {
  const [first = '', ...rest] = words;
  const century = readCardinal([first]);
  if (century === undefined || rest.length === 0) return undefined;
  if (century < 10) return readCardinal(words);
  const years = rest[0] === 'hundred' ? 0 : readCardinal(rest[0] === 'oh' ? rest.slice(1) : rest);
  return years === undefined ? undefined : century * 100 + years;
}

/** Values of a list, named one after the other. */
function choicesEar(values: Readonly<Record<string, { readonly say: string }>>): SlotEar {
  const order = Object.keys(values);
  const said = order.map(value => [wordsOf(values[value]!.say).join(' '), value] as const);
  return {
    read: words => {
      const text = ` ${words.join(' ')} `;
      if (/^ (none|none of them) $/.test(text)) return 'none';
      const found = said.filter(([phrase]) => text.includes(` ${phrase} `)).map(([, value]) => value);
      return found.length === 0 ? undefined : found.join('+');
    },
    key: value => {
      const chosen = new Set(String(value).split('+'));
      return chosen.has('none') ? 'none' : order.filter(one => chosen.has(one)).join('+');
    },
  };
}
