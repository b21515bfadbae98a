const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES = [
  [1_000_000_000, 'billion'],
  [1_000_000, 'million'],
  [1_000, 'thousand'],
  [100, 'hundred'],
] as const;

const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** 1240 → "one thousand two hundred forty"; whole numbers below a trillion. */
export function cardinalWords(value: number): string {
  if (value < 20) return ONES[value]!;
  if (value < 100) return joined(TENS[Math.floor(value / 10)]!, value % 10);
  const [size, name] = SCALES.find(([scale]) => value >= scale)!;
  return joined(`${cardinalWords(Math.floor(value / size))} ${name}`, value % size);
}

function joined(head: string, rest: number): string {
  return rest === 0 ? head : `${head} ${cardinalWords(rest)}`;
}

/** 21 → "twenty first". */
export function ordinalWords(value: number): string {
  const words = cardinalWords(value).split(' ');
  const last = words.pop()!;
  const irregular = IRREGULAR_ORDINALS[last];
  words.push(irregular ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`));
  return words.join(' ');
}

/** "407" → "four zero seven"; everything but digits is left out. */
export function digitWords(digits: string): string {
  return [...digits.replace(/\D/gu, '')].map(digit => ONES[Number(digit)]).join(' ');
}

/** The way house numbers and years are read: 421 → "four twenty one", 1905 → "nineteen oh five", 1200 → "twelve hundred". */
export function pairedWords(value: number): string {
  if (value < 100 || value > 9_999 || value % 1_000 === 0) return cardinalWords(value);
  const head = cardinalWords(Math.floor(value / 100));
  const rest = value % 100;
  if (rest === 0) return `${head} hundred`;
  return `${head} ${rest < 10 ? 'oh ' : ''}${cardinalWords(rest)}`;
}
