import { cardinal } from '../../spoken/numbers.ts';
import { countPart, unitCountPart } from '../grammar_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import { readCardinal } from '../understand/numbers.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Kind, keyedNumber, within } from './kind.ts';

export function countKind(spec: SlotOf<'count'>): Kind {
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
    expects: { kind: 'choice' },
  };
}
