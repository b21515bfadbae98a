import { oneOf, rule } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { PhraseTable } from '../understand/phrases.ts';
import type { Reading } from '../understand/scan.ts';
import { isCarrier } from '../understand/tokens.ts';
import type { Kind } from './kind.ts';

const BETWEEN: ReadonlySet<string> = new Set('and also plus then as well too or maybe insurance'.split(' '));
const all = new PhraseTable<true>(
  ['all', 'all of them', 'all of those', 'everything', 'both', 'both of them', 'all three', 'every one'].map(
    said => [said, true],
  ),
);
const none = new PhraseTable<true>(
  [
    'none',
    'none of them',
    'none of those',
    'none of these',
    'neither',
    'nothing',
    'not any',
    'no',
    'no none',
  ].map(said => [said, true]),
);
const except = new PhraseTable<true>(
  ['except', 'except for', 'but not', 'not', 'apart from', 'other than', 'but no', 'just not'].map(said => [
    said,
    true,
  ]),
);
/** Words that nothing explains, between two of the values. */
const MOST_STRAY = 2;
const NONE = 'none';

/** Several values of a list, stored in its order: "auto+home"; "none" where that may be. */
export function choicesKind({ values, mayBeNone }: SlotOf<'choices'>): Kind {
  const order = Object.keys(values);
  const phrases = Object.entries(values).flatMap(([value, { phrases: said }]) =>
    said.map(one => [one, value] as const),
  );
  const table = new PhraseTable<string>(phrases);
  const join = (chosen: ReadonlySet<string>): string => order.filter(value => chosen.has(value)).join('+');
  const accepts = (value: SlotValue): boolean =>
    (value === NONE && mayBeNone) ||
    (typeof value === 'string' && value !== '' && join(new Set(value.split('+'))) === value);
  const read = (tokens: readonly string[], from: number): Reading | undefined => {
    const found = readChosen(tokens, from, table, order);
    if (found === undefined) return undefined;
    const value = join(found.chosen);
    return { values: accepts(value) ? [value] : [], length: found.length };
  };
  const said = rule(`choices_${order.join('_')}`, oneOf(phrases.map(([phrase]) => phrase)));
  return {
    read,
    readAsked: (tokens, from) => {
      const nothing = mayBeNone ? none.at(tokens, from) : undefined;
      return read(tokens, from) ?? (nothing && { values: [NONE], length: nothing.length });
    },
    say: value =>
      sayAll(
        String(value) === NONE
          ? [NONE]
          : String(value)
              .split('+')
              .map(one => values[one]?.say ?? ''),
      ),
    accepts,
    grammar: {
      ...said,
      expansion: `${said.expansion} [[and] ${said.expansion} [and ${said.expansion}]] | all of them${mayBeNone ? ' | none' : ''}`,
    },
  };
}

interface Chosen {
  readonly chosen: ReadonlySet<string>;
  readonly length: number;
}

/** "auto, home and umbrella", "all of them except umbrella", "home but not auto". */
function readChosen(
  tokens: readonly string[],
  from: number,
  table: PhraseTable<string>,
  order: readonly string[],
): Chosen | undefined {
  const everything = all.at(tokens, from);
  const first = everything ?? table.at(tokens, from);
  if (first === undefined) return undefined;
  const chosen = new Set(everything === undefined ? [String(first.value)] : order);
  let [end, strays, without] = [from + first.length, 0, false];
  for (let at = end; at < tokens.length; ) {
    const next = table.at(tokens, at);
    const mark = except.at(tokens, at);
    if (next !== undefined) {
      if (without) chosen.delete(next.value);
      else chosen.add(next.value);
      at += next.length;
      [end, strays] = [at, 0];
    } else if (mark !== undefined) {
      without = true;
      at += mark.length;
    } else if (BETWEEN.has(tokens[at] ?? '') || isCarrier(tokens[at] ?? '') || strays < MOST_STRAY) {
      if (STOPS.has(tokens[at] ?? '')) break;
      strays += BETWEEN.has(tokens[at] ?? '') || isCarrier(tokens[at] ?? '') ? 0 : 1;
      at += 1;
    } else break;
  }
  return { chosen, length: end - from };
}

/** What comes behind them takes back what was said, or is another answer. */
const STOPS: ReadonlySet<string> = new Set([
  'no',
  'sorry',
  'actually',
  'wait',
  'correction',
  'rather',
  'yes',
  'yeah',
]);

function sayAll(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
