import { digitByDigit } from '../../spoken/numbers.ts';
import { digitRunPart } from '../number_parts.ts';
import { readDigits } from '../understand/digits.ts';
import { PhraseTable } from '../understand/phrases.ts';
import type { Kind } from './kind.ts';

const DIGITS = 5;
/** With the four of its delivery segment, which are not kept. */
const LONG = 9;
const FEWEST = 3;

const lead = new PhraseTable<true>(
  ['zip', 'zip code', 'zip is', 'zip code is', 'postal code', 'postal code is', "zip's"].map(said => [
    said,
    true,
  ]),
);

/** A postal code of the United States, stored as its five digits (USPS Publication 28, 213). */
export function zipKind(): Kind {
  const part = digitRunPart([DIGITS, DIGITS]);
  const read: Kind['read'] = (tokens, from) => {
    const skipped = lead.at(tokens, from)?.length ?? 0;
    const told = readDigits(tokens, from + skipped);
    if (told === undefined || told.digits.length < FEWEST) return undefined;
    const isWhole = told.digits.length === DIGITS || told.digits.length === LONG;
    return { values: isWhole ? [told.digits.slice(0, DIGITS)] : [], length: skipped + told.length };
  };
  return {
    read: (tokens, from) => (lead.at(tokens, from) === undefined ? undefined : read(tokens, from, '')),
    readAsked: read,
    say: value => digitByDigit(String(value)),
    accepts: value => typeof value === 'string' && /^\d{5}$/.test(value),
    grammar: { ...part, expansion: `[it is | it's] ${part.expansion}` },
    digits: part,
    fromKeys: keys => (/^\d{5}$/.test(keys) ? [keys] : []),
    expects: { kind: 'digits', digits: DIGITS },
  };
}
