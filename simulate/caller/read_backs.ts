import { conditionHolds, conditionSlots } from '../scenario/conditions.ts';
import type { Truths } from '../scenario/truth.ts';
import type { HeardSentence } from './hearing.ts';
import type { PromptIndex } from './prompts.ts';

/** Slots whose values in a sentence are not what the caller wants; what nobody asks callers for, as free times are, they take as it is. */
export function wrongIn({ values }: HeardSentence, index: PromptIndex, truths: Truths): readonly string[] {
  return [...values].flatMap(([slot, key]) => {
    const speech = index.speech.get(slot);
    const truth = truths[slot];
    if (speech === undefined || (truth === undefined && !index.asked.has(slot))) return [];
    return truth !== undefined && speech.key(truth) === key ? [] : [slot];
  });
}

/** A sentence of a form's read-back, and of which of its variants it may be. */
interface ReadBackSentence {
  readonly stage: string;
  readonly variants: readonly number[];
}

/**
 * What a turn reads back, in however many sentences: of which stage, the present one where that may be, and the slots that
 * are wrong in any of them. Undefined where it reads nothing back.
 */
export function readBackIn(
  sentences: readonly HeardSentence[],
  present: string | undefined,
  index: PromptIndex,
  truths: Truths,
): { readonly stage: string; readonly wrong: readonly string[] } | undefined {
  const heard = sentences.flatMap(sentence =>
    sentence.acts.flatMap(act => (act.type === 'readBack' ? [{ sentence, act }] : [])),
  );
  const stage = (heard.find(({ act }) => act.stage === present) ?? heard[0])?.act.stage;
  if (stage === undefined) return undefined;
  const own = Map.groupBy(
    heard.filter(({ act }) => act.stage === stage),
    ({ sentence }) => sentence,
  );
  const wrong = [...own].flatMap(([sentence, parts]) =>
    wrongInReadBack(sentence, { stage, variants: parts.map(({ act }) => act.index) }, index, truths),
  );
  return { stage, wrong: [...new Set(wrong)] };
}

/** Slots that are wrong in one of its sentences, which may also be wrong by being said at all: its condition does not hold. */
function wrongInReadBack(
  sentence: HeardSentence,
  { stage, variants }: ReadBackSentence,
  index: PromptIndex,
  truths: Truths,
): readonly string[] {
  const wrong = wrongIn(sentence, index, truths);
  const form = index.document.stages[stage];
  if (wrong.length > 0 || form?.kind !== 'form') return wrong;
  const meant = form.readBack.findIndex(({ when }) => when === undefined || conditionHolds(when, truths));
  if (variants.includes(meant)) return [];
  const lookedAt = form.readBack
    .slice(0, variants[0]! + 1)
    .flatMap(({ when }) => (when === undefined ? [] : conditionSlots(when)));
  const own = new Set(form.questions.flatMap(({ slots, also }) => [...slots, ...also]));
  const suspects = lookedAt.filter(slot => own.has(slot));
  return suspects.length > 0 ? suspects.slice(-1) : form.questions.flatMap(({ slots }) => slots).slice(0, 1);
}
