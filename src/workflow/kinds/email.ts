import { oneOf, rule } from '../jsgf.ts';
import { sayEmail, sayLocalLetters } from '../speak/email.ts';
import type { SlotValue } from '../types.ts';
import { EMAIL, readEmail } from '../understand/emails.ts';
import { FIRST_NAMES, LAST_NAMES } from '../understand/known_names.ts';
import type { Reading } from '../understand/scan.ts';
import { lettersOf } from '../understand/spelling.ts';
import { type Kind, several } from './kind.ts';
import { LETTER_RULES } from './letter_rules.ts';

function read(tokens: readonly string[], from: number): Reading | undefined {
  return several(readEmail(tokens, from));
}

/** An address of e-mail, in lower case. */
export function emailKind(): Kind {
  const words = `(<first_name> | <last_name> | <letter> | <digit>)`;
  const provider = oneOf(['gmail', 'yahoo', 'hotmail', 'outlook', 'comcast']);
  const part = rule(
    'email',
    `${words} [[dot | dash | underscore] ${words} [[dot | dash | underscore] ${words}]] at ${provider} dot (com | net)`,
    { ...LETTER_RULES, first_name: oneOf(FIRST_NAMES), last_name: oneOf(LAST_NAMES) },
  );
  return {
    read,
    readAsked: (tokens, from) => read(tokens, from),
    say: value => sayEmail(String(value)),
    accepts: value => typeof value === 'string' && EMAIL.test(value),
    grammar: { ...part, expansion: `[it is | it's] ${part.expansion}` },
    spellable: {
      hear: (tokens, refused) => {
        const values = wholeIn(tokens) ?? localIn(tokens, refused);
        return values && { groups: [values], isExact: value => values.includes(String(value)) };
      },
      readBack: value => ({ letters: sayLocalLetters(String(value)), name: sayEmail(String(value)) }),
      grammar: rule(
        'spelled_email',
        '(<letter> | <digit> | dot | dash | underscore)+ at <letter>+ dot (com | net | org)',
        LETTER_RULES,
      ),
    },
    expects: { kind: 'email' },
  };
}

function wholeIn(tokens: readonly string[]): readonly string[] | undefined {
  for (const from of tokens.keys()) {
    const found = readEmail(tokens, from);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** Only what stands before the at was spelled; the rest was right. */
function localIn(tokens: readonly string[], refused: readonly SlotValue[]): readonly string[] | undefined {
  const domain = String(refused.at(-1) ?? '').split('@')[1];
  const letters = lettersOf(tokens);
  return domain === undefined || letters === undefined ? undefined : [`${letters}@${domain}`];
}
