import type { SlotValue } from '../types.ts';
import { PhraseTable } from '../understand/phrases.ts';
import { type Reading, scan } from '../understand/scan.ts';
import { type Draft, slotNamed } from './draft.ts';
import { bar, isRefused } from './form.ts';
import { isStray, isUnsure, type Utterance } from './hear.ts';
import type { Pending } from './memory.ts';
import { failAndGoOn } from './miss.ts';
import { take } from './take.ts';

/** One of the values that were offered, another one, or none of them. */
export function answerOffer(
  draft: Draft,
  said: Utterance,
  pending: Extract<Pending, { ask: 'offer' }>,
): boolean {
  const { slot, values } = pending;
  const found = scan(said.tokens, [{ slot, read: optionReader(draft, slot, values) }], true);
  if (isStray(found)) return false;
  const heard = (found.slots.get(slot) ?? []).filter(value => !isRefused(draft, slot, value));
  const offered = heard.filter(value => values.includes(value));
  const meant = offered.length > 0 ? offered : heard;
  const chosen = meant.length === 0 && found.answer === true ? values : meant;
  if (chosen.length === 1) {
    take(draft, [{ slot, values: chosen, refusedAgain: [], rivals: [] }], isUnsure(draft, said, found));
    return true;
  }
  if (found.answer !== false) return false;
  bar(draft, slot, values);
  failAndGoOn(draft, [slot]);
  return true;
}

/** Reads what the slot reads, and the shorter ways to choose among the options. */
function optionReader(draft: Draft, name: string, values: readonly SlotValue[]) {
  const slot = slotNamed(draft, name);
  const options = new PhraseTable(optionPhrases(values.map(value => slot.say(value))));
  return (tokens: readonly string[], from: number): Reading | undefined => {
    const option = options.at(tokens, from);
    const reading = slot.read(tokens, from, draft.todayIso);
    if (option === undefined || (reading?.length ?? 0) > option.length) return reading;
    return { values: values.slice(option.value, option.value + 1), length: option.length };
  };
}

const PLACES = ['first', 'second', 'third', 'fourth'] as const;

function wordsOf(option: string): readonly string[] {
  return option.toLowerCase().match(/[a-z']+/g) ?? [];
}

/** Ways to choose one of several options: by its name, by the words that only it has, by its place. */
export function optionPhrases(
  options: readonly string[],
): readonly (readonly [phrase: string, option: number])[] {
  return options.flatMap((option, index) => {
    const words = wordsOf(option);
    const others = new Set(options.filter((_, other) => other !== index).flatMap(wordsOf));
    const own = words.filter(word => !others.has(word)).join(' ');
    const phrases = [words.join(' '), own, `${PLACES[index] ?? 'last'} one`];
    return phrases.filter(phrase => phrase !== '').map(phrase => [phrase, index] as const);
  });
}
