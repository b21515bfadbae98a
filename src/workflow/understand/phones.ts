import { readDigits } from './digits.ts';
import type { PhraseMatch } from './phrases.ts';

const PLACE = /^[2-9]\d{2}[2-9]\d{6}$/;
/** So few digits are some other number. */
const FEWEST = 3;

/** The number in E.164 of the digits that were told: of the North American plan (https://nanpa.com), or with its country. */
export function phoneOf(
  digits: string,
  areaCode: string | undefined,
  withCountry: boolean,
): string | undefined {
  if (withCountry && !digits.startsWith('1'))
    return /^[2-9]\d{7,14}$/.test(digits) ? `+${digits}` : undefined;
  const local =
    digits.length === 7 && areaCode !== undefined ? areaCode + digits : digits.replace(/^1(?=\d{10}$)/, '');
  return PLACE.test(local) ? `+1${local}` : undefined;
}

/** Telephone numbers as they are told; none of them when there are too few or too many digits. */
export function readPhone(
  tokens: readonly string[],
  from: number,
  {
    areaCode,
    international,
    asked,
  }: { areaCode?: string | undefined; international: boolean; asked: boolean },
): PhraseMatch<readonly string[]> | undefined {
  const plus = tokens[from] === 'plus' ? 1 : 0;
  const lead = plus + (tokens[from + plus] === 'area' && tokens[from + plus + 1] === 'code' ? 2 : 0);
  const told = readDigits(tokens, from + lead);
  if (told === undefined) return undefined;
  const country = /^(?:plus )?011/.test(told.digits) ? told.digits.slice(3) : told.digits;
  const phone = phoneOf(country, areaCode, international && (plus === 1 || country !== told.digits));
  if (phone === undefined && (!asked || told.digits.length < FEWEST)) return undefined;
  return { value: phone === undefined ? [] : [phone], length: lead + told.length };
}
