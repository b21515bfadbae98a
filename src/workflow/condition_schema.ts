import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { name, value } from './schema_parts.ts';
import type { SlotValue } from './types.ts';

/** A test of a slot or a score; what it leaves out is not looked at. */
export interface Test {
  readonly slot?: string | undefined;
  readonly is?: SlotValue | undefined;
  readonly isNot?: SlotValue | undefined;
  readonly in?: readonly SlotValue[] | undefined;
  readonly known?: boolean | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/** What must hold of slots and scores: one test, all of several, or any of several, which may be such again. */
export interface Condition extends Test {
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
}

const test = {
  slot: name,
  is: value.optional(),
  isNot: value.optional(),
  in: z.array(value).min(1).max(LIMITS.conditionValues).optional(),
  known: z.boolean().optional(),
  above: z.number().optional(),
  below: z.number().optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
};

/** Written out to its depth, so that editors can complete it, and what is nested deeper is refused. */
export const condition: z.ZodType<Condition> = anyOf(anyOf(anyOf(z.strictObject(test))));

function anyOf(part: z.ZodType<Condition>): z.ZodType<Condition> {
  const parts = z.array(part).min(1).max(LIMITS.conditionParts).optional();
  return z
    .strictObject({ ...test, slot: name.optional(), all: parts, any: parts })
    .refine(
      it => [it.slot, it.all, it.any].filter(one => one !== undefined).length === 1,
      'exactly one of slot, all and any is needed',
    );
}
