import type { Condition } from './schema_parts.ts';
import type { SlotValue } from './types.ts';

type Test = Omit<Condition, 'all' | 'any'>;

/** Whether a condition holds; a test of a slot without a value never does. */
export function holds(condition: Condition, slots: Readonly<Record<string, SlotValue>>): boolean {
  if (condition.all !== undefined) return condition.all.every(test => passes(test, slots));
  if (condition.any !== undefined) return condition.any.some(test => passes(test, slots));
  return passes(condition, slots);
}

function passes(test: Test, slots: Readonly<Record<string, SlotValue>>): boolean {
  const value = test.slot === undefined ? undefined : slots[test.slot];
  if (value === undefined) return false;
  if (test.is !== undefined && value !== test.is) return false;
  if (test.isNot !== undefined && value === test.isNot) return false;
  if (test.above !== undefined && !(Number(value) > test.above)) return false;
  return test.below === undefined || Number(value) < test.below;
}

/** The slots that a condition looks at. */
export function slotsOf(condition: Condition): readonly string[] {
  return [condition, ...(condition.all ?? []), ...(condition.any ?? [])].flatMap(test => test.slot ?? []);
}
