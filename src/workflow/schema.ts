import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { pipelineSchema } from '../config/pipeline.ts';
import { escalation } from './escalation_schema.ts';
import { guardrails } from './guardrail_schema.ts';
import { INCLUDED_NAME } from './include.ts';
import { persona } from './persona.ts';
import { pricing } from './pricing_schema.ts';
import { resume } from './resume_schema.ts';
import { name, phrase, spoken } from './schema_parts.ts';
import { scores } from './score_schema.ts';
import { slot } from './slot_schema.ts';
import { lead, stage } from './stage_schema.ts';
import { texts } from './text_schema.ts';
import { tools } from './tool_schema.ts';
import { topics } from './topic_schema.ts';
import { variables } from './variables.ts';

/** Sentences of the engine's own, so that no word spoken to a caller is in the code. */
const phrases = z.strictObject({
  right: spoken,
  /** Said when the answer to a read-back was not understood. */
  yesOrNo: spoken,
  which: spoken,
  everything: phrase,
  notHeard: z.array(spoken).min(1).max(6),
  notUnderstood: z.array(spoken).min(1).max(6),
  sorry: z.array(spoken).min(1).max(6),
  thanks: z.array(spoken).min(1).max(6),
  offerOne: spoken,
  offerMany: spoken,
  spelled: spoken,
  restart: spoken,
  goodbye: spoken,
});

/** What is said to what every agent honours at any time (docs/conversation.md), where a workflow has no words of its own. */
const always = z.strictObject({
  optOut: spoken.default('I will see to it that we do not call you again.'),
  /** Asked when the words leave it open. */
  optOutSure: spoken.default('Would you like us not to call you again?'),
  slower: spoken.default('I will speak more slowly.'),
  louder: spoken.default('I will speak up.'),
  /** To callers who ask whether they speak with a person. */
  identity: spoken.default('I am an automated assistant, not a person.'),
  language: spoken.default('I am sorry, I only speak English.'),
  rephrase: spoken.default('Let me put it another way.'),
  simplify: spoken.default('Let me make it simpler.'),
  /** Of a choice, with `{options}`. */
  examples: spoken.default('You can say {options}.'),
  /** One after the other; then the call is ended. */
  abuse: z
    .array(spoken)
    .min(1)
    .max(4)
    .default([
      'I would like to help you. Please let us stay polite.',
      'I can not go on with this call if you speak to me like that.',
    ]),
  abuseEnd: spoken.default('I will end this call now.'),
  emergency: spoken.default('If anybody is in danger, please hang up now and call nine one one.'),
  card: spoken.default('Please do not tell me the number of your card. I take no payments on this call.'),
});

function atMost(most: number, what: string): [(all: object) => boolean, string] {
  return [
    all => Object.keys(all).length <= most,
    `at most ${most} ${what}; hand calls over to a second workflow`,
  ];
}

export const workflowSchema = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 1.0.0'),
  title: z.string().min(1).max(120),
  /** Files of a folder below this one, whose slots, stages, texts and the like are added. */
  include: z.array(z.string().regex(INCLUDED_NAME, 'a file such as shared/texts.yaml')).max(16).default([]),
  /** What is in an included file as well, and counts as it is here: `state`, or `slots.state`. */
  override: z.array(z.string().max(130)).max(64).default([]),
  variables,
  /** Those that it is spoken in. */
  languages: z
    .array(z.enum(['en-US']))
    .min(1)
    .default(['en-US']),
  persona: persona.optional(),
  start: name,
  /** Who leads its forms, where they do not say it themselves. */
  lead: lead.default('rules'),
  /** Where a call begins that another workflow hands over: its caller knows who speaks, and what is recorded. */
  takeOver: z.strictObject({ start: name }).optional(),
  /** Where every call can turn to. */
  exits: z.strictObject({
    exhausted: name,
    goodbye: name,
    person: name,
    /** Where a caller goes who wants no more calls; as with goodbye where there is none. */
    optOut: name.exactOptional(),
  }),
  confidence: z.strictObject({
    /** Below it the caller is asked again. */
    reject: z.number().min(0).max(1),
    /** The same for an answer to a read-back. */
    readBack: z.number().min(0).max(1),
    /** Below it what was heard is read back. */
    sure: z.number().min(0).max(1),
  }),
  /** So often in a row may a question fail, or the caller be silent. */
  patience: z.strictObject({
    misses: z.number().int().min(1).max(10),
    silences: z.number().int().min(1).max(10),
    turns: z.number().int().min(10).max(2000),
  }),
  phrases,
  always: always.prefault({}),
  /** What a model is told of what was said before: the last turns, and a summary of older ones. */
  historyTokens: z
    .number()
    .int()
    .min(LIMITS.talkHistoryLeastTokens)
    .max(LIMITS.talkHistoryTokens)
    .default(4_000),
  /** How the sound of its calls is treated, where not as the node and the trunk say. */
  pipeline: pipelineSchema.default({}),
  /** Texts that differ by law, each with its source; `{name}` in sentences. */
  texts,
  /** What must be said, and what never. */
  guardrails,
  slots: z.record(name, slot).refine(...atMost(LIMITS.workflowSlots, 'slots')),
  tools,
  stages: z.record(name, stage).refine(...atMost(LIMITS.workflowStages, 'stages')),
  scores,
  topics,
  escalation,
  resume: resume.exactOptional(),
  pricing: pricing.optional(),
});

export type WorkflowDocument = z.infer<typeof workflowSchema>;
