import { oneOf } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { ChoiceWords } from '../understand/choice_words.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Kind, single } from './kind.ts';

export function choiceKind(spec: SlotOf<'choice'>): Kind {
  const phrases = Object.entries(spec.values).flatMap(([value, { phrases: said, say }]) =>
    [...new Set([...said, ...asPhrase(say)])].map(phrase => [phrase, value] as const),
  );
  const table = new PhraseTable<string>(phrases);
  const words = new ChoiceWords(phrases);
  const isNamed = (tokens: readonly string[]): boolean =>
    tokens.some((_, at) => table.at(tokens, at) !== undefined);
  return {
    read: (tokens, from) => single(table.at(tokens, from)),
    readAsked: (tokens, from) => {
      if (isNamed(tokens)) return single(table.at(tokens, from));
      const guess = single(words.at(tokens, from));
      return guess && { ...guess, isGuess: true };
    },
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
