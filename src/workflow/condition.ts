import type { Condition, Test } from './condition_schema.ts';
import type { SlotValue } from './types.ts';

/** What a name of a condition stands for; undefined where nothing is known of it. */
export type Known = (name: string) => SlotValue | undefined;

/** Whether a condition holds; of what is not known nothing holds but that. */
export function holds(condition: Condition, known: Known): boolean {
  if (condition.all !== undefined) return condition.all.every(part => holds(part, known));
  if (condition.any !== undefined) return condition.any.some(part => holds(part, known));
  return passes(condition, known);
}

function passes(test: Test, known: Known): boolean {
  const value = test.slot === undefined ? undefined : known(test.slot);
  if (value === undefined) return test.known === false;
  if (test.known === false) return false;
  if (test.is !== undefined && value !== test.is) return false;
  if (test.isNot !== undefined && value === test.isNot) return false;
  if (test.in !== undefined && !test.in.includes(value)) return false;
  return isWithin(test, Number(value));
}

/** What is no number is within nothing. */
function isWithin({ above, below, atLeast, atMost }: Test, value: number): boolean {
  if (above !== undefined && !(value > above)) return false;
  if (below !== undefined && !(value < below)) return false;
  if (atLeast !== undefined && !(value >= atLeast)) return false;
  return atMost === undefined || value <= atMost;
}

/** The slots and scores that a condition looks at. */
export function slotsOf({ slot, all = [], any = [] }: Condition): readonly string[] {
  return [...(slot === undefined ? [] : [slot]), ...[...all, ...any].flatMap(slotsOf)];
}
