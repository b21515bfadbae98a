import { oneOf } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Kind, single } from './kind.ts';

export function choiceKind(spec: SlotOf<'choice'>): Kind {
  const phrases = Object.entries(spec.values).flatMap(([value, { phrases: said, say }]) =>
    [...new Set([...said, ...asPhrase(say)])].map(phrase => [phrase, value] as const),
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

/** What the agent calls a value, a caller may call it as well. */
function asPhrase(say: string): readonly string[] {
  const words = say.toLowerCase();
  return /^[a-z']+( [a-z']+)*$/.test(words) ? [words] : [];
}
