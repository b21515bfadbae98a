import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { condition } from './condition_schema.ts';
import { name } from './schema_parts.ts';

const count = z.number().int().min(1).max(100);
const to = { to: name };

/** When the call goes to somebody else, or to another stage, whatever is asked. */
export const escalation = z
  .array(
    z.union(
      [
        z.strictObject({ when: condition, ...to }),
        /** Turns of the call that were no answer. */
        z.strictObject({ misses: count, ...to }),
        /** Turns one after the other of which the recogniser was less sure. */
        z.strictObject({
          confidenceBelow: z.number().min(0).max(1),
          times: z.number().int().min(1).max(LIMITS.keptConfidences),
          ...to,
        }),
        /** Turns in which the caller was annoyed, less those in which they were pleased. */
        z.strictObject({ sentiment: z.literal('negative'), times: count, ...to }),
        z.strictObject({ objections: count, ...to }),
      ],
      {
        error:
          'one of when, misses, confidenceBelow with times, sentiment: negative with times, and objections; and to',
      },
    ),
  )
  .max(LIMITS.escalationRules)
  .default([]);

export type EscalationRule = z.infer<typeof escalation>[number];
