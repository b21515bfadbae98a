/** Numbers as Americans say and hear them. Written apart from the agent's own, which is judged by it. */

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};
const REGULAR_CARDINALS = new Map(Object.entries(IRREGULAR_ORDINALS).map(([one, first]) => [first, one]));

/** 0…999,999: 421 is "four hundred twenty one". */
export function cardinal(value: number): string {
  if (value < 20) return SMALL[value]!;
  if (value < 100)
    return value % 10 === 0 ? TENS[value / 10]! : `${TENS[Math.floor(value / 10)]} ${SMALL[value % 10]}`;
  const unit = value < 1000 ? 100 : 1000;
  const head = `${cardinal(Math.floor(value / unit))} ${unit === 100 ? 'hundred' : 'thousand'}`;
  return value % unit === 0 ? head : `${head} ${cardinal(value % unit)}`;
}

/** 1…999: 21 is "twenty first". */
export function ordinal(value: number): string {
  const words = cardinal(value).split(' ');
  const last = words.pop()!;
  const place = IRREGULAR_ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, place].join(' ');
}

/** Ways to say a house number: in pairs as most people do, in full, digit by digit where it is short. */
export function houseNumberForms(value: number): string[] {
  if (value < 100) return [cardinal(value)];
  const [head, tail] = [Math.floor(value / 100), value % 100];
  if (tail === 0) return value % 1000 === 0 ? [cardinal(value)] : [`${cardinal(head)} hundred`];
  const pairs = `${cardinal(head)} ${tail < 10 ? `oh ${cardinal(tail)}` : cardinal(tail)}`;
  return head < 10 ? [pairs, cardinal(value)] : [pairs];
}

export function digitByDigit(value: number): string {
  return [...String(value)].map(digit => SMALL[Number(digit)]).join(' ');
}

/** The number that all the words together say, or undefined. "and" may stand after hundred and thousand. */
export function readCardinal(words: readonly string[]): number | undefined {
  let total = 0;
  let group = 0;
  let expecting: 'any' | 'unit' | 'multiplier' = 'any';
  for (const [index, word] of words.entries()) {
    const small = SMALL.indexOf(word);
    const ten = TENS.indexOf(word);
    if (word === 'and' && index > 0 && expecting === 'any' && index < words.length - 1) continue;
    if (small > 0 && (expecting === 'any' || (expecting === 'unit' && small < 10))) {
      group += small;
      expecting = 'multiplier';
    } else if (ten > 1 && expecting === 'any') {
      group += ten * 10;
      expecting = 'unit';
    } else if (word === 'hundred' && group > 0 && group < 100) {
      group *= 100;
      expecting = 'any';
    } else if (word === 'thousand' && group > 0 && total === 0) {
      total = group * 1000;
      group = 0;
      expecting = 'any';
    } else return words.length === 1 && small === 0 ? 0 : undefined;
  }
  return words.length === 0 ? undefined : total + group;
}

/** "twenty first" is 21. */
export function readOrdinal(words: readonly string[]): number | undefined {
  const last = words.at(-1) ?? '';
  const plain = REGULAR_CARDINALS.get(last) ?? last.replace(/ieth$/, 'y').replace(/th$/, '');
  return plain === last ? undefined : readCardinal([...words.slice(0, -1), plain]);
}

/** "four twenty one", "one oh five", "twelve hundred", "four two one": all words together, or undefined. */
export function readHouseNumber(words: readonly string[]): number | undefined {
  if (words.includes('hundred') || words.includes('thousand')) return readCardinal(words);
  let digits = '';
  for (let i = 0; i < words.length; i += 1) {
    const [word, next = ''] = [words[i]!, words[i + 1]];
    const ten = TENS.indexOf(word);
    const nextUnit = SMALL.indexOf(next);
    if (ten > 1 && nextUnit > 0 && nextUnit < 10) {
      digits += `${ten}${nextUnit}`;
      i += 1;
    } else if (ten > 1) digits += `${ten}0`;
    else if (word === 'oh') digits += '0';
    else if (SMALL.includes(word)) digits += SMALL.indexOf(word);
    else return undefined;
  }
  return digits === '' || digits.length > 5 ? undefined : Number(digits);
}

/** "six hundred forty dollars and fifty cents" in cents. */
export function readMoney(words: readonly string[]): number | undefined {
  const minus = words[0] === 'minus';
  const amount = minus ? words.slice(1) : words;
  const dollarsAt = amount.findIndex(word => /^dollars?$/.test(word));
  const dollars = dollarsAt < 0 ? 0 : readCardinal(amount.slice(0, dollarsAt));
  const rest = amount.slice(dollarsAt + 1);
  const centsWords = rest[0] === 'and' && dollarsAt >= 0 ? rest.slice(1) : rest;
  if (dollars === undefined || (dollarsAt < 0 && centsWords.length === 0)) return undefined;
  if (centsWords.length === 0) return rest.length > 0 ? undefined : (minus ? -1 : 1) * dollars * 100;
  const cents = /^cents?$/.test(centsWords.at(-1)!) ? readCardinal(centsWords.slice(0, -1)) : undefined;
  return cents === undefined || cents > 99 ? undefined : (minus ? -1 : 1) * (dollars * 100 + cents);
}

/** JSGF expansions (https://www.w3.org/TR/jsgf/) of what the readers above take, over the rules `NUMBER_RULES`. */
export const NUMBER_RULES: Readonly<Record<string, string>> = {
  unit: SMALL.slice(1, 10).join(' | '),
  teen: SMALL.slice(10).join(' | '),
  ten: TENS.slice(2).join(' | '),
  below_hundred: '<unit> | <teen> | <ten> [<unit>]',
  below_thousand: '<below_hundred> | <unit> hundred [[and] <below_hundred>]',
  cardinal: '<below_thousand> | <below_hundred> thousand [<below_thousand>]',
  house_number:
    '<below_hundred> | <unit> hundred [[and] <below_hundred>] | <below_hundred> hundred | <below_hundred> (<teen> | <ten> [<unit>]) | ' +
    '<below_hundred> oh <unit> | <unit> thousand [<below_thousand>] | <digit> <digit> <digit> [<digit>] [<digit>]',
  digit: ['oh', ...SMALL.slice(0, 10)].join(' | '),
  money:
    '<cardinal> (dollar | dollars) [and <below_hundred> (cent | cents)] | <below_hundred> (cent | cents)',
  ordinal: Array.from({ length: 60 }, (_, i) => ordinal(i + 1)).join(' | '),
};
