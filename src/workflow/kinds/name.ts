import { LIMITS } from '../../config/limits.ts';
import { oneOf, rule } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { FIRST_NAMES, LAST_NAMES } from '../understand/known_names.ts';
import { type NameMatch, readPersonName, spellName, writtenName } from '../understand/person_names.ts';
import type { Reading } from '../understand/scan.ts';
import { spellOut } from '../understand/spelling.ts';
import type { Kind } from './kind.ts';
import { LETTER_RULES } from './letter_rules.ts';

/** Names from elsewhere may have accents, hyphens and points that nobody says. */
const STORED = /^\p{Lu}[\p{L}\p{M}'’.-]*(?: \p{L}[\p{L}\p{M}'’.-]*){0,4}$/u;

/** A person's name as it is written: "Mary McDonald". */
export function nameKind({ full }: SlotOf<'name'>): Kind {
  const accepts = (name: string): boolean =>
    name.length <= LIMITS.nameCharacters && STORED.test(name) && (!full || name.includes(' '));
  const taken = (match: NameMatch | undefined): Reading | undefined => {
    if (match === undefined) return undefined;
    const name = writtenName(match.words);
    return { values: accepts(name) ? [name] : [], length: match.length };
  };
  const names = rule('person_name', '<first_name> [<last_name>]', {
    first_name: oneOf(FIRST_NAMES),
    last_name: oneOf(LAST_NAMES),
  });
  return {
    read: (tokens, from) => taken(readPersonName(tokens, from, false)),
    readAsked: (tokens, from) => taken(readPersonName(tokens, from, true)),
    isFree: true,
    say: String,
    accepts: value => typeof value === 'string' && accepts(value),
    grammar: { ...names, expansion: `[my name is | this is | it is | it's] ${names.expansion}` },
    spellable: {
      hear: (tokens, refused) => {
        const words = spellName(
          tokens,
          String(refused.at(-1) ?? '')
            .split(' ')
            .filter(word => word !== ''),
        );
        if (words === undefined) return undefined;
        const name = writtenName(words);
        return { groups: accepts(name) ? [[name]] : [], isExact: value => value === name };
      },
      readBack: value => ({
        letters: String(value).split(' ').map(spellOut).join('; '),
        name: String(value),
      }),
      grammar: rule('spelled_letters', '<letter>+', { letter: LETTER_RULES.letter }),
    },
  };
}
