import { ordinal } from '../../spoken/numbers.ts';
import { floorPart, wholeFloorPart } from '../grammar_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import { readCardinal, readOrdinal } from '../understand/numbers.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Kind, keyedNumber, within } from './kind.ts';

/** Floors count from the street as in the United States: the ground floor is the first, the basement is 0. */
export function floorKind(spec: SlotOf<'floor'>): Kind {
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
    expects: { kind: 'choice' },
  };
}

function floorName(floor: number): string {
  if (floor === 0) return 'basement';
  return floor === 1 ? 'ground floor' : `${ordinal(floor)} floor`;
}
