import { conditionHolds, conditionSlots } from '../scenario/conditions.ts';
import type { Truths } from '../scenario/truth.ts';
import type { HeardSentence } from './hearing.ts';
import type { Act, PromptIndex } from './prompts.ts';

/** Slots whose values in a sentence are not what the caller wants; what nobody asks callers for, as free times are, they take as it is. */
export function wrongIn({ values }: HeardSentence, index: PromptIndex, truths: Truths): readonly string[] {
  return [...values].flatMap(([slot, key]) => {
    const speech = index.speech.get(slot);
    const truth = truths[slot];
    if (speech === undefined || (truth === undefined && !index.asked.has(slot))) return [];
    return truth !== undefined && speech.key(truth) === key ? [] : [slot];
  });
}

/** The same for a read-back, which may also be wrong by being said at all: its condition does not hold. */
export function wrongInReadBack(
  sentence: HeardSentence,
  { stage, index: at }: Extract<Act, { type: 'readBack' }>,
  index: PromptIndex,
  truths: Truths,
): readonly string[] {
  const wrong = wrongIn(sentence, index, truths);
  const form = index.document.stages[stage];
  if (wrong.length > 0 || form?.kind !== 'form') return wrong;
  const meant = form.readBack.findIndex(({ when }) => when === undefined || conditionHolds(when, truths));
  if (meant === at) return [];
  const lookedAt = form.readBack
    .slice(0, at + 1)
    .flatMap(({ when }) => (when === undefined ? [] : conditionSlots(when)));
  const own = new Set(form.questions.flatMap(({ slots, also }) => [...slots, ...also]));
  const suspects = lookedAt.filter(slot => own.has(slot));
  return suspects.length > 0 ? suspects.slice(-1) : form.questions.flatMap(({ slots }) => slots).slice(0, 1);
}
