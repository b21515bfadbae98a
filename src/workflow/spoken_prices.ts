import { readMoney } from './kinds/money.ts';
import { readAmount } from './understand/amounts.ts';
import type { PhraseMatch } from './understand/phrases.ts';
import { tokensOf } from './understand/tokens.ts';

/** A price in words: what it is, so that it can be compared, and where it ends. */
interface SpokenPrice {
  /** `4999` cents, `10%`, `free`. */
  readonly price: string;
  /** The token behind it. */
  readonly end: number;
}

/** Words of a sentence beyond which nothing is looked at: nobody says as much in one. */
const MOST = { characters: 20_000, words: 4_000 } as const;
const PER: ReadonlySet<string> = new Set(['a', 'per', 'each', 'every']);
const PERIODS: ReadonlySet<string> = new Set(
  'month year week day hour mile person employee month paycheck visit'.split(' '),
);
const OFTEN: ReadonlySet<string> = new Set(['monthly', 'yearly', 'annually', 'weekly', 'apiece']);
const PRICE_WORDS: ReadonlySet<string> = new Set(
  'cost costs price priced premium total rate fee charge pay pays deductible copay'.split(' '),
);
const LINKS: ReadonlySet<string> = new Set(
  'is are of be would will to you about only at comes around roughly a your it as low for'.split(' '),
);
const REDUCTIONS: ReadonlySet<string> = new Set(
  'off discount discounts cheaper less reduction rebate lower back savings cut down'.split(' '),
);
const FREE: readonly (readonly string[])[] = [
  ['for', 'free'],
  ['free', 'of', 'charge'],
  ['no', 'charge'],
  ['no', 'cost'],
  ['for', 'nothing'],
  ['on', 'the', 'house'],
  ['waive'],
  ['waived'],
  ['half', 'off'],
  ['half', 'price'],
];

/** The tokens of a text, other currencies taken for dollars: what counts is that it is a price. */
export function priceTokens(text: string): readonly string[] {
  const dollars = text
    .replaceAll(/[€£¥]|\b(?:usd|eur|gbp)\s*(?=\d)/giu, '$')
    .replaceAll(/\beuros?\b/giu, 'dollars')
    .replaceAll('-', ' ');
  return tokensOf(dollars, MOST) ?? [];
}

/** All prices that a text names, and reductions in percent. */
export function spokenPrices(tokens: readonly string[]): readonly SpokenPrice[] {
  const found: SpokenPrice[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const match = priceAt(tokens, at);
    if (match === undefined) continue;
    const end = at + match.length;
    found.push({ price: match.value, end });
    at = end - 1;
  }
  return found;
}

function priceAt(tokens: readonly string[], at: number): PhraseMatch<string> | undefined {
  const free = FREE.find(words => words.every((word, index) => tokens[at + index] === word));
  if (free !== undefined) return { value: 'free', length: free.length };
  const money = readMoney(tokens, at, false);
  if (money !== undefined) return { value: String(money.value), length: money.length };
  const amount = readAmount(tokens, at);
  if (amount === undefined) return undefined;
  const end = at + amount.length;
  if (tokens[end] === 'percent') {
    const around = [...tokens.slice(Math.max(0, at - 4), at), ...tokens.slice(end + 1, end + 5)];
    const isReduction = around.some(word => REDUCTIONS.has(word) || word === 'save');
    return isReduction ? { value: `${amount.value}%`, length: amount.length + 1 } : undefined;
  }
  const isPer = PER.has(tokens[end] ?? '') && PERIODS.has(tokens[end + 1] ?? '');
  if (!isPer && !OFTEN.has(tokens[end] ?? '') && !followsPriceWord(tokens, at)) return undefined;
  return { value: String(Math.round(amount.value * 100)), length: amount.length };
}

/** "the premium is about 45", "you pay 45". */
function followsPriceWord(tokens: readonly string[], at: number): boolean {
  let before = at - 1;
  while (at - before <= 4 && LINKS.has(tokens[before] ?? '')) before -= 1;
  return PRICE_WORDS.has(tokens[before] ?? '');
}
