import { oneOf, rule } from '../jsgf.ts';
import type { SlotOf } from '../slot_schema.ts';
import { keysOf } from '../understand/keypad.ts';
import { readLetters } from '../understand/letters.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { STATES } from '../us_states.ts';
import { type Kind, single } from './kind.ts';

/** Codes that are words as well: those are spelled, or not meant. */
const WORDS: ReadonlySet<string> = new Set([
  'in',
  'or',
  'me',
  'hi',
  'oh',
  'ok',
  'de',
  'la',
  'pa',
  'ma',
  'id',
  'al',
]);
/** What else states are called. */
const ALSO: readonly (readonly [string, string])[] = [
  ['mass', 'MA'],
  ['washington d c', 'DC'],
  ['washington dc', 'DC'],
  ['d c', 'DC'],
  ['dc', 'DC'],
  ['the district', 'DC'],
  ['cali', 'CA'],
  ['new york state', 'NY'],
  ['washington state', 'WA'],
  ['n h', 'NH'],
  ['penn', 'PA'],
  ['penna', 'PA'],
];

/** A state of the United States or the District of Columbia, stored by its code (USPS Publication 28, appendix B). */
export function stateKind({ only }: SlotOf<'us_state'>): Kind {
  const names = Object.entries(STATES);
  const accepts = (code: string): boolean =>
    Object.hasOwn(STATES, code) && (only === undefined || only.includes(code));
  const said = names.map(([code, name]) => [name.toLowerCase(), code] as const);
  const table = new PhraseTable<string>(
    [...said, ...ALSO].flatMap(([phrase, code]) => [
      [phrase, code] as const,
      [`the state of ${phrase}`, code] as const,
      [`state of ${phrase}`, code] as const,
      [`commonwealth of ${phrase}`, code] as const,
    ]),
  );
  const taken = (code: string, length: number) => ({ values: accepts(code) ? [code] : [], length });
  const read: Kind['read'] = (tokens, from) => {
    const match = table.at(tokens, from);
    return match && taken(match.value, match.length);
  };
  const list = names.filter(([code]) => accepts(code));
  const byKeys = Map.groupBy(
    list.map(([code]) => code),
    code => keysOf(code.toLowerCase()),
  );
  return {
    read,
    readAsked: (tokens, from, today) => {
      const token = tokens[from] ?? '';
      const spelled = readLetters(tokens, from);
      const letters = spelled?.letters.toUpperCase() ?? '';
      if (spelled !== undefined && Object.hasOwn(STATES, letters)) return taken(letters, spelled.length);
      const isWord = WORDS.has(token) && tokens.length > 1;
      if (/^[a-z]{2}$/.test(token) && !isWord && Object.hasOwn(STATES, token.toUpperCase()))
        return single({ value: token.toUpperCase(), length: 1 });
      return read(tokens, from, today);
    },
    say: value => STATES[String(value)] ?? '',
    accepts: value => typeof value === 'string' && accepts(value),
    grammar: {
      ...rule(
        only === undefined ? 'us_state' : `us_state_${only.join('_').toLowerCase()}`,
        oneOf(list.map(([, name]) => name.toLowerCase())),
      ),
      expansion: `[it is | it's] [in] <${only === undefined ? 'us_state' : `us_state_${only.join('_').toLowerCase()}`}>`,
    },
    fromKeys: keys => byKeys.get(keys) ?? [],
    expects: { kind: 'choice' },
  };
}
