import type { Condition } from './schema.ts';

export type Values = Readonly<Record<string, string | number | boolean | undefined>>;

/** Whether a condition of a workflow or scenario holds; written apart from the engine's, which is judged by it. */
export function conditionHolds(condition: Condition, values: Values): boolean {
  const { all, any } = condition;
  if (all !== undefined && !all.every(one => conditionHolds(one, values))) return false;
  if (any !== undefined && !any.some(one => conditionHolds(one, values))) return false;
  return condition.slot === undefined || testHolds(condition, values[condition.slot]);
}

function testHolds(test: Condition, value: Values[string]): boolean {
  if (test.known !== undefined) return (value !== undefined) === test.known;
  if (value === undefined) return false;
  if (test.is !== undefined && value !== test.is) return false;
  if (test.isNot !== undefined && value === test.isNot) return false;
  if (test.in !== undefined && !test.in.includes(value)) return false;
  const number = Number(value);
  if (test.above !== undefined && !(number > test.above)) return false;
  if (test.below !== undefined && !(number < test.below)) return false;
  if (test.atLeast !== undefined && !(number >= test.atLeast)) return false;
  return test.atMost === undefined || number <= test.atMost;
}

/** The truths that a condition looks at. */
export function conditionSlots({ slot, all = [], any = [] }: Condition): readonly string[] {
  return [
    ...(slot === undefined ? [] : [slot]),
    ...all.flatMap(conditionSlots),
    ...any.flatMap(conditionSlots),
  ];
}
