import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import { conditionHolds } from '../scenario/conditions.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Truth } from '../scenario/truth.ts';
import type { Conversation } from '../text/conversation.ts';

export interface SlotScore {
  /** Slots that hold a value, and have a truth. */
  readonly filled: number;
  readonly right: number;
  readonly wrong: readonly { readonly slot: string; readonly value: SlotValue; readonly truth: Truth }[];
  /** Fields that the scenario requires, and those of them that hold the truth. */
  readonly required: number;
  readonly got: number;
}

/** How many of a text's words must be there. */
const WORDS_KEPT = 0.8;

/** Compares what was written down with what the caller knew. */
export function scoreSlots(
  { slots, truths }: Pick<Conversation, 'slots' | 'truths'>,
  scenario: Scenario,
  specs: Readonly<Record<string, SlotSpec>>,
): SlotScore {
  const wrong: { slot: string; value: SlotValue; truth: Truth }[] = [];
  let filled = 0;
  for (const [slot, value] of Object.entries(slots)) {
    const truth = truths[slot];
    if (truth === undefined) continue;
    filled += 1;
    if (!isSame(specs[slot]?.kind, value, truth)) wrong.push({ slot, value, truth });
  }
  const wrongSlots = new Set(wrong.map(({ slot }) => slot));
  const required = scenario.required
    .filter(one => typeof one === 'string' || conditionHolds(one.when, truths))
    .map(one => (typeof one === 'string' ? one : one.slot));
  const got = required.filter(slot => slots[slot] !== undefined && !wrongSlots.has(slot));
  return { filled, right: filled - wrong.length, wrong, required: required.length, got: got.length };
}

/** Whether two values mean the same: names and words whatever their case and punctuation. */
export function isSame(kind: string | undefined, value: SlotValue, truth: Truth): boolean {
  if (value === truth) return true;
  const [one, other] = [value, truth].map(it => String(it).toLowerCase());
  switch (kind) {
    case 'name':
    case 'company':
    case 'email':
    case 'code':
      return letters(one!) === letters(other!);
    case 'phone':
      return one!.replaceAll(/\D/g, '').slice(-10) === other!.replaceAll(/\D/g, '').slice(-10);
    case 'choices':
      return one!.split('+').toSorted().join() === other!.split('+').toSorted().join();
    case 'text': {
      const words = other!.match(/[a-z0-9']+/g) ?? [];
      const kept = new Set(one!.match(/[a-z0-9']+/g) ?? []);
      return words.filter(word => kept.has(word)).length >= words.length * WORDS_KEPT;
    }
    default:
      return false;
  }
}

function letters(text: string): string {
  return text.replaceAll(/[^a-z0-9@]/g, '');
}
