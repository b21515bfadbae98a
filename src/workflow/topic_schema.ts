import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { name, spoken } from './schema_parts.ts';

/** Plain words, or a pattern of them (`understand/intents/pattern.ts`). */
const topicPhrase = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[a-z0-9'|?*@^$!#_]+( [a-z0-9'|?*@^$!#_]+)*$/, 'lower-case words, or a pattern of them');

/** What callers bring up at any time, and what is said to it. */
const topic = z
  .strictObject({
    kind: z.enum(['objection', 'question']),
    phrases: z.array(topicPhrase).min(1).max(LIMITS.topicPhrases),
    /** One after the other; the last one is said again. */
    answers: z.array(spoken).max(LIMITS.topicAnswers).default([]),
    /** Where the call goes when it is heard more often than `most` times, which is by default as often as there are answers. */
    to: name.exactOptional(),
    most: z.number().int().min(0).max(20).exactOptional(),
  })
  .refine(
    ({ answers, to, most }) => answers.length > 0 || (to !== undefined && most === 0),
    'needs answers; only with to and most: 0 there is nothing to say',
  );

export const topics = z
  .record(name, topic)
  .refine(all => Object.keys(all).length <= LIMITS.workflowTopics, `at most ${LIMITS.workflowTopics} topics`)
  .default({});
