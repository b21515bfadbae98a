import { cardinal, ordinal } from '../spoken/numbers.ts';
import { MONTHS, WEEKDAYS } from './calendar.ts';
import { type GrammarPart, oneOf, rule } from './jsgf.ts';
import type { Places } from './places.ts';

const words = (from: number, to: number, say: (number: number) => string): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => say(from + index));

const DIGITS = {
  unit: oneOf(words(1, 9, cardinal)),
  teen: oneOf(words(10, 19, cardinal)),
  ten: oneOf(words(2, 9, n => cardinal(n * 10))),
  two: '<teen> | <ten> [<unit>]',
} as const;

/** House numbers that take more than one word: "four twenty one", "one oh five", "twelve hundred". */
const longHouseNumberPart: GrammarPart = rule(
  'long_house_number',
  '<unit> <two> | <unit> (oh | zero) <unit> | <two> <two> | <two> (oh | zero) <unit> | ' +
    `(${oneOf(words(11, 19, cardinal))} | <ten> <unit>) hundred | <unit> hundred [[and] (<unit> | <two>)] | ` +
    '<unit> thousand [[and] (<unit> | <two>)] | <unit> thousand <unit> hundred [[and] (<unit> | <two>)]',
  DIGITS,
);

/** House numbers as people tell them. */
export const houseNumberPart: GrammarPart = rule(
  'house_number',
  '<unit> | <two> | <long_house_number>',
  longHouseNumberPart.rules,
);

/** A number digit by digit, up to as many as the largest has. */
export function digitsPart(max: number): GrammarPart {
  const more = '[<digit> '.repeat(String(max).length - 1) + ']'.repeat(String(max).length - 1);
  return rule(`digits_${String(max).length}`, `<unit> ${more}`, {
    unit: DIGITS.unit,
    digit: oneOf(['oh', 'zero', ...words(1, 9, cardinal)]),
  });
}

/** Streets by their types, so that names with equal types share a branch. */
export function streetPart(places: Places): GrammarPart {
  const groups = Map.groupBy([...places.streets], ([, types]) =>
    types.map(type => type.toLowerCase()).join(' | '),
  );
  const branches = [...groups].map(
    ([types, streets]) => `${oneOf(streets.map(([stem]) => stem.toLowerCase()))} (${types})`,
  );
  return rule('street', branches.join(' | '));
}

/** Towns, those whose name means two with their state if the caller says it. */
export function townPart(places: Places): GrammarPart {
  const single = [...places.townsByName].filter(([, towns]) => towns.length === 1).map(([name]) => name);
  const shared = [...places.townsByName].filter(([, towns]) => towns.length > 1).map(([name]) => name);
  const state = oneOf([...places.states.values()].map(name => name.toLowerCase()));
  return rule(
    'town',
    `${oneOf([...single, ...shared])}${shared.length > 0 ? ` | ${oneOf(shared)} <state>` : ''}`,
    {
      state,
    },
  );
}

export function floorPart(max: number, basement: boolean): GrammarPart {
  const places = oneOf(words(1, max, ordinal));
  const numbers = oneOf(words(1, max, cardinal));
  const low = `ground floor | street level${basement ? ' | basement' : ''}`;
  return rule('floor', `${places} [floor] | ${low} | floor ${numbers}`);
}

/** Floors with the word: "the third floor". */
export function wholeFloorPart(max: number, basement: boolean): GrammarPart {
  const low = `ground floor${basement ? ' | basement' : ''}`;
  return rule('whole_floor', `[on] the (${oneOf(words(2, max, ordinal))} floor | ${low})`);
}

/** Counts with their unit: "two flights". */
export function unitCountPart(
  unit: { readonly one: string; readonly many: string },
  max: number,
): GrammarPart {
  return rule(
    `units_${unit.many.replaceAll(' ', '_')}`,
    `one ${unit.one} | ${oneOf(words(2, max, cardinal))} ${unit.many}`,
  );
}

export function countPart(unit: { readonly one: string; readonly many: string }, max: number): GrammarPart {
  const many = `${oneOf(words(2, max, cardinal))} [${unit.many}]`;
  return rule(
    `count_${unit.many.replaceAll(' ', '_')}`,
    `(one | a) ${unit.one} | one | ${many} | none | no ${unit.many}`,
  );
}

export const datePart: GrammarPart = rule(
  'date',
  'tomorrow | [the] day after tomorrow | [next | this] <weekday> | [<weekday>] <month> [the] <day> | ' +
    '[<weekday>] the <day> of <month> | the <day> | in <few> (days | weeks)',
  {
    weekday: oneOf(WEEKDAYS),
    month: oneOf(MONTHS),
    day: oneOf(words(1, 31, ordinal)),
    few: oneOf(words(2, 14, cardinal)),
  },
);

/** Days before this one, with the year where it is told. */
export const pastDatePart: GrammarPart = rule(
  'past_date',
  'today | yesterday | [the] day before yesterday | last <weekday> | (<few> days | <few> weeks | a week) ago | ' +
    '<month> [the] <day> [<year>] | the <day> of <month> [<year>]',
  {
    weekday: oneOf(WEEKDAYS),
    month: oneOf(MONTHS),
    day: oneOf(words(1, 31, ordinal)),
    few: oneOf(words(2, 14, cardinal)),
    year:
      `nineteen (${oneOf(words(10, 99, cardinal))} | oh ${oneOf(words(1, 9, cardinal))}) | ` +
      `two thousand [${oneOf(words(1, 9, cardinal))}] | twenty ${oneOf(words(10, 40, cardinal))}`,
  },
);

interface Letters {
  readonly next: Map<string, Letters>;
  ends: boolean;
}

/** The spellings of names as a tree of letters, each beginning said once. */
export function spellingPart(name: string, spellings: readonly string[]): GrammarPart {
  const root: Letters = { next: new Map(), ends: false };
  for (const spelling of spellings) {
    let node = root;
    for (const letter of spelling) {
      const child: Letters = node.next.get(letter) ?? { next: new Map(), ends: false };
      node.next.set(letter, child);
      node = child;
    }
    node.ends = true;
  }
  return rule(name, branchesOf(root));
}

function branchesOf(node: Letters): string {
  return [...node.next]
    .map(([letter, child]) => {
      if (child.next.size === 0) return letter;
      const rest = branchesOf(child);
      return child.ends ? `${letter} [${rest}]` : `${letter} (${rest})`;
    })
    .join(' | ');
}
