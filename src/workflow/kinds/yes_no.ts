import { oneOf } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { SPOKEN_NO, SPOKEN_YES } from '../understand/words.ts';
import { type Kind, single } from './kind.ts';

export function yesNoKind(spec: SlotOf<'yes_no'>): Kind {
  const table = new PhraseTable<boolean>([
    ...spec.yes.map(phrase => [phrase, true] as const),
    ...spec.no.map(phrase => [phrase, false] as const),
  ]);
  return {
    read: (tokens, from) => single(table.at(tokens, from)),
    say: value => (value === true ? 'yes' : 'no'),
    accepts: value => typeof value === 'boolean',
    grammar: { expansion: oneOf([...SPOKEN_YES, ...SPOKEN_NO, ...spec.yes, ...spec.no]), rules: {} },
    expects: { kind: 'yesNo' },
  };
}
