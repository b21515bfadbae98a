import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { condition } from './condition_schema.ts';
import { name } from './schema_parts.ts';

const points = z.number().int().min(-1_000_000).max(1_000_000);

/** Points for what is known of the caller: the base, and those of every rule that holds. */
const score = z
  .strictObject({
    base: points.default(0),
    rules: z
      .array(z.strictObject({ when: condition, points }))
      .min(1)
      .max(LIMITS.scoreRules),
    min: points.exactOptional(),
    max: points.exactOptional(),
  })
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, 'min must not be above max');

export const scores = z
  .record(name, score)
  .refine(all => Object.keys(all).length <= LIMITS.workflowScores, `at most ${LIMITS.workflowScores} scores`)
  .default({});

export type ScoreSpec = z.infer<typeof score>;
