const UNITS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
] as const;
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'] as const;
const ORDINALS: Readonly<Record<string, string>> = {
  zero: 'zeroth',
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** A whole number below a million in words: 421 is "four hundred twenty one". */
export function cardinal(number: number): string {
  if (number < 20) return UNITS[number] ?? String(number);
  if (number < 100) {
    const unit = number % 10;
    const ten = TENS[Math.floor(number / 10)] ?? '';
    return unit === 0 ? ten : `${ten} ${cardinal(unit)}`;
  }
  const [size, word] = number < 1000 ? ([100, 'hundred'] as const) : ([1000, 'thousand'] as const);
  const rest = number % size;
  const head = `${cardinal(Math.floor(number / size))} ${word}`;
  return rest === 0 ? head : `${head} ${cardinal(rest)}`;
}

/** A whole number below a million as its place in a row: 21 is "twenty first". */
export function ordinal(number: number): string {
  const words = cardinal(number).split(' ');
  const last = words.pop() ?? '';
  const place = ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, place].join(' ');
}

/** A house number as Americans say it: 421 "four twenty one", 105 "one oh five", 1200 "twelve hundred". */
export function houseNumber(number: number): string {
  if (number < 100) return cardinal(number);
  const head = Math.floor(number / 100);
  const tail = number % 100;
  if (number % 1000 === 0 && number < 100_000) return cardinal(number);
  if (number >= 10_000) return digits(number);
  if (tail === 0) return `${cardinal(head)} hundred`;
  if (head % 10 === 0 && tail < 10) return `${cardinal(head / 10)} thousand ${cardinal(tail)}`;
  return tail < 10 ? `${cardinal(head)} oh ${cardinal(tail)}` : `${cardinal(head)} ${cardinal(tail)}`;
}

function digits(number: number): string {
  return [...String(number)].map(digit => cardinal(Number(digit))).join(' ');
}

/** An amount in words: 64050 is "six hundred forty dollars and fifty cents". */
export function money(cents: number): string {
  const dollars = Math.floor(Math.abs(cents) / 100);
  const rest = Math.abs(cents) % 100;
  const parts: string[] = [];
  if (dollars > 0 || rest === 0) parts.push(`${cardinal(dollars)} ${dollars === 1 ? 'dollar' : 'dollars'}`);
  if (rest > 0) parts.push(`${cardinal(rest)} ${rest === 1 ? 'cent' : 'cents'}`);
  return `${cents < 0 ? 'minus ' : ''}${parts.join(' and ')}`;
}
