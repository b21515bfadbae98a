import { oneOf } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Kind, single } from './kind.ts';

export function choiceKind(spec: SlotOf<'choice'>): Kind {
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
    expects: { kind: 'choice' },
  };
}
