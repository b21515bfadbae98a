import { readCardinal } from '../../bench/caller/number_words.ts';
import { expectedQuote } from '../../bench/caller/pricing.ts';
import { hearSentences } from '../caller/hearing.ts';
import type { PromptIndex } from '../caller/prompts.ts';
import { agentTurns, type Checker, slotsAt, type Violation } from './types.ts';

const NUMBER_WORDS: ReadonlySet<string> = new Set(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen ' +
    'nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million and'
  ).split(' '),
);

/** "$" and a number without commas, with what it is multiplied by. */
const FIGURES = /\$\s?(\d+(?:\.\d+)?)(?:\s?(hundred|thousand|k|million)\b)?/g;
const TIMES: Readonly<Record<string, number>> = { hundred: 100, thousand: 1000, k: 1000, million: 1_000_000 };

/**
 * Cents of every amount of money in a text: "$1,250.50", "$2 million", "twelve dollars and fifty cents", "5 thousand dollars". NaN of
 * a number that can't be read, so that no amount goes by unseen.
 */
export function amountsIn(text: string): readonly number[] {
  const plain = text.toLowerCase().replaceAll(/(\d),(?=\d{3})/g, '$1');
  const figures = [...plain.matchAll(FIGURES)].map(([, dollars, times = '']) =>
    centsOf(Number(dollars) * (TIMES[times] ?? 1), 0),
  );
  const words = plain
    .replaceAll(FIGURES, ' ')
    .replaceAll(/[^a-z0-9.]+|\.(?!\d)/g, ' ')
    .split(/\s+/);
  const spoken = words.flatMap((word, at) => {
    if (!/^(dollars?|bucks?)$/.test(word)) return [];
    const dollars = numberBefore(words, at);
    if (dollars === undefined) return [];
    const rest = words.slice(at + 1, at + 6);
    const centsAt = rest.findIndex(one => /^cents?$/.test(one));
    const cents = centsAt < 0 ? 0 : (numberBefore(rest, centsAt) ?? 0);
    return [centsOf(dollars, cents)];
  });
  return [...figures, ...spoken];
}

function centsOf(dollars: number, cents: number): number {
  return Math.round(dollars * 100) + cents;
}

/** The number whose last word stands before `at`; undefined where there is none, NaN where it can't be read. */
function numberBefore(words: readonly string[], at: number): number | undefined {
  let from = at;
  while (from > 0 && (NUMBER_WORDS.has(words[from - 1]!) || /^\d/.test(words[from - 1]!))) from -= 1;
  const own = words.slice(from, at);
  while (own[0] === 'and') own.shift();
  const [first] = own;
  if (first === undefined) return undefined;
  if (/^\d/.test(first))
    return own.slice(1).reduce((value, word) => value * (TIMES[word] ?? Number.NaN), Number(first));
  // "a hundred dollars"
  if (Object.hasOwn(TIMES, first)) own.unshift('one');
  const million = own.indexOf('million');
  if (million < 0) return readCardinal(own) ?? Number.NaN;
  const rest = own.slice(million + 1);
  const low = rest.length === 0 ? 0 : readCardinal(rest);
  const high = readCardinal(own.slice(0, million));
  return high === undefined || low === undefined ? Number.NaN : high * 1_000_000 + low;
}

/** Prices are what the rules of the file make of the slots, told as they are, and no other amount is ever named. */
export const prices: Checker = ({ conversation, scenario, documents, places, indexes }) => {
  const violations: Violation[] = [];
  const allowed = new Set<number>(scenario.check.amounts.cents);
  for (const text of documents.flatMap(textsOf)) for (const cents of amountsIn(text)) allowed.add(cents);
  for (const name of scenario.check.amounts.of) {
    for (const value of [conversation.truths[name], conversation.slots[name]])
      if (value !== undefined) allowed.add(Number(value));
  }
  for (const { turn, effect } of conversation.effects) {
    if (effect.type === 'slotSet') {
      const slot = documents.map(({ slots }) => slots[effect.slot]).find(one => one);
      if (slot?.kind === 'money') allowed.add(Number(effect.value));
      if (slot?.kind === 'number' && slot.unit?.one === 'dollar')
        allowed.add(centsOf(Number(effect.value), 0));
    }
    if (effect.type !== 'quote') continue;
    const rules = documents.flatMap(({ pricing }) => pricing ?? [])[0];
    if (rules === undefined) continue;
    const expected = expectedQuote(rules, slotsAt(conversation, turn), places, scenario.today);
    for (const { amountCents } of expected.lines) allowed.add(amountCents);
    allowed.add(expected.totalCents);
    const { totalCents } = effect.quote;
    if (totalCents !== expected.totalCents) {
      const detail = `the quote is ${totalCents} cents, the rules make ${expected.totalCents}`;
      violations.push({ rule: 'price', turn, detail });
    }
  }
  for (const [turn, text] of agentTurns(conversation).entries()) {
    for (const cents of amountsIn(withoutOffers(text, indexes)))
      if (!allowed.has(cents))
        violations.push({ rule: 'price', turn, detail: `${cents} cents come from nowhere` });
  }
  return violations;
};

/** What the agent offers as what it may have heard is no price. */
function withoutOffers(text: string, indexes: readonly PromptIndex[]): string {
  return indexes.reduce((left, index) => {
    const others = hearSentences(left, index).filter(
      ({ acts }) => !acts.some(({ type }) => type === 'offer'),
    );
    return others.map(sentence => sentence.text).join(' ');
  }, text);
}

/** All texts of a workflow, its instructions to models too: each by itself, so that numbers of one are not read with those of another. */
function textsOf(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}
