import { cardinal, digitByDigit, houseNumberForms } from '../../bench/caller/number_words.ts';

/** Any whole number up to a billion in words. */
export function inWords(value: number): string {
  if (value < 0) return `minus ${inWords(-value)}`;
  if (!Number.isInteger(value)) {
    const [whole, decimals = ''] = String(value).split('.');
    return `${inWords(Number(whole))} point ${spokenDigits(decimals)}`;
  }
  if (value < 1_000_000) return cardinal(value);
  const [millions, rest] = [Math.floor(value / 1_000_000), value % 1_000_000];
  return rest === 0 ? `${cardinal(millions)} million` : `${cardinal(millions)} million ${cardinal(rest)}`;
}

export function spokenDigits(digits: string): string {
  return [...digits].map(digit => cardinal(Number(digit))).join(' ');
}

/** "oh" in place of zero. */
function withOhs(digits: string): string {
  return spokenDigits(digits).replaceAll('zero', 'oh');
}

/** "five double two" */
function withDoubles(digits: string): string {
  return digits.replaceAll(/(\d)(\1?)/g, (_, digit: string, again: string) => {
    const name = cardinal(Number(digit));
    return again === '' ? `${name} ` : `double ${name} `;
  });
}

export function sayHouseNumber(value: number, style: string): string {
  const forms = houseNumberForms(value);
  if (style === 'figures') return String(value);
  if (style === 'digits') return value < 100 ? forms[0]! : digitByDigit(value).replaceAll('zero', 'oh');
  return style === 'full' ? (forms[1] ?? forms[0]!) : forms[0]!;
}

/** Ten digits as Americans tell them: area code, three, four. */
export function sayPhone(stored: string, style: string): string {
  const digits = stored.replaceAll(/\D/g, '').slice(-10);
  const groups = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)];
  if (style === 'figures') return groups.join('-');
  if (style === 'digits') return spokenDigits(digits);
  if (style === 'doubles') return groups.map(withDoubles).join(' ').replaceAll(/ +/g, ' ').trim();
  return groups.map(group => withOhs(group)).join(', ');
}

export function sayZip(zip: string, style: string): string {
  if (style === 'figures') return zip;
  return style === 'ohs' ? withOhs(zip) : spokenDigits(zip);
}

export function sayMoney(cents: number, style: string): string {
  const dollars = Math.floor(cents / 100);
  const rest = cents % 100;
  if (style === 'figures') {
    const grouped = dollars.toLocaleString('en-US');
    return `$${grouped}${rest === 0 ? '' : `.${String(rest).padStart(2, '0')}`}`;
  }
  if (rest !== 0) return `${inWords(dollars)} dollars and ${inWords(rest)} cents`;
  if (style === 'short' && dollars >= 1_000_000 && dollars % 100_000 === 0) {
    const millions = dollars / 1_000_000;
    return `${inWords(millions)} million`;
  }
  if (style === 'short' && dollars >= 1000 && dollars < 10_000 && dollars % 1000 !== 0 && dollars % 100 === 0)
    return `${cardinal(dollars / 100)} hundred dollars`;
  return style === 'bare' ? inWords(dollars) : `${inWords(dollars)} ${dollars === 1 ? 'dollar' : 'dollars'}`;
}
