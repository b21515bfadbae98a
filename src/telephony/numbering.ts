import type { Trunk } from '../config/trunks.ts';

const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * The number that a trunk means by what it sends: E.164 with its + (ITU-T E.164, RFC 3966 §5.1.4) where that can be
 * known, else the digits as they are, as extensions of an exchange.
 * @param dialled user part of a URI, unescaped; visual separators don't matter
 * @returns undefined for what is no number
 */
export function normaliseNumber(
  { numbering }: Pick<Trunk, 'numbering'>,
  dialled: string,
): string | undefined {
  if (dialled.length > 64) return undefined;
  const plain = dialled.replace(/[-. ()]/g, '');
  if (!/^\+?\d{1,40}$/.test(plain)) return undefined;
  const { stripDigits, addPrefix } = numbering;
  const edited = plain.startsWith('+') ? plain : addPrefix + plain.slice(stripDigits);
  const number = toInternational(edited, numbering);
  if (number.startsWith('+')) return E164.test(number) ? number : undefined;
  return number.length > 0 && number.length <= 15 ? number : undefined;
}

function toInternational(
  number: string,
  { internationalPrefix, nationalPrefix, countryCode }: Trunk['numbering'],
): string {
  if (number.startsWith('+')) return number;
  if (internationalPrefix !== '' && number.startsWith(internationalPrefix))
    return `+${number.slice(internationalPrefix.length)}`;
  if (countryCode === '' || !number.startsWith(nationalPrefix)) return number;
  const national = number.slice(nationalPrefix.length);
  // Where no prefix tells them apart, short numbers are extensions.
  return nationalPrefix === '' && national.length < 7 ? number : `+${countryCode}${national}`;
}

/** Whether a normalised number fits a pattern: X is any digit, * at the end all that follow. */
export function fitsPattern(pattern: string, number: string): boolean {
  const open = pattern.endsWith('*');
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? number.length < fixed.length : number.length !== fixed.length) return false;
  for (let at = 0; at < fixed.length; at += 1) {
    const wanted = fixed[at];
    const isAnyDigit = wanted === 'X' && number[at] !== '+';
    if (wanted !== number[at] && !isAnyDigit) return false;
  }
  return true;
}
