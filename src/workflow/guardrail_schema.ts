import { z } from 'zod';
import { condition } from './condition_schema.ts';
import { name, phrase, spoken } from './schema_parts.ts';

const mustSay = z
  .strictObject({
    text: spoken,
    /** Said before this stage is entered, or before that one is left. */
    before: name.optional(),
    in: name.optional(),
    /** Only where this holds. */
    when: condition.optional(),
  })
  .refine(({ before, in: within }) => (before === undefined) !== (within === undefined), {
    message: 'either before or in must name a stage',
  });

const neverSay = z
  .strictObject({
    phrases: z.array(phrase).min(1).max(64).optional(),
    /** Prices that nobody has told the model. */
    prices: z.literal(true).optional(),
    /** Only in these stages; in all by default. */
    in: z.array(name).min(1).max(64).optional(),
    when: condition.optional(),
    /** Said in place of it. */
    instead: spoken,
  })
  .refine(({ phrases, prices }) => phrases !== undefined || prices !== undefined, {
    message: 'phrases or prices is needed',
  });

export const guardrails = z
  .strictObject({
    mustSay: z.array(mustSay).max(32).default([]),
    neverSay: z.array(neverSay).max(32).default([]),
  })
  .prefault({});

export type Guardrails = z.infer<typeof guardrails>;
export type MustSay = z.infer<typeof mustSay>;
export type NeverSay = z.infer<typeof neverSay>;
