import type { GrammarPart } from '../jsgf.ts';
import type { SlotValue } from '../types.ts';
import { keysOf } from '../understand/keypad.ts';
import { lettersIn, lettersOf, nearestSpellings, spellOut } from '../understand/spelling.ts';
import type { Kind } from './kind.ts';

/** So many names come into question for what was spelled. */
const MOST_NEAR = 8;

/** Names that a slot can be spelled from, and what a name stands for. */
interface Names {
  readonly names: readonly string[];
  readonly valuesOf: (name: string, refused: readonly SlotValue[]) => readonly SlotValue[];
  readonly nameOf: (value: SlotValue) => string;
  readonly grammar: GrammarPart;
}

/** A slot whose names are all known: by letters, those that sound alike being near, and by the keys that spell them. */
export function spelledNames({
  names,
  valuesOf,
  nameOf,
  grammar,
}: Names): Pick<Kind, 'spellable' | 'fromKeys'> {
  const byKeys = Map.groupBy(names, name => keysOf(lettersIn(name)));
  return {
    fromKeys: keys => (byKeys.get(keys) ?? []).flatMap(name => valuesOf(name, [])),
    spellable: {
      hear: (tokens, refused) => {
        const letters = lettersOf(tokens);
        if (letters === undefined) return undefined;
        const near = nearestSpellings(letters, names, MOST_NEAR);
        const exact = near.find(({ distance }) => distance === 0)?.name;
        return {
          groups: near.map(({ name }) => valuesOf(name, refused)),
          isExact: value => nameOf(value) === exact,
        };
      },
      readBack: value => ({ letters: spellOut(nameOf(value)), name: nameOf(value) }),
      grammar,
    },
  };
}
