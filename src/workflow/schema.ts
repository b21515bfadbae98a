import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { pipelineSchema } from '../config/pipeline.ts';
import { name, spoken } from './schema_parts.ts';
import { tools } from './tool_schema.ts';

/** What a caller may say: words as a recogniser writes them. */
const phrase = z
  .string()
  .max(80)
  .regex(/^[a-z']+( [a-z']+)*$/, 'lower-case words only');
const cents = z.number().int().min(-10_000_000).max(10_000_000);
const value = z.union([z.string().max(200), z.number(), z.boolean()]);

const test = z.strictObject({
  slot: name,
  is: value.optional(),
  isNot: value.optional(),
  above: z.number().optional(),
  below: z.number().optional(),
});
/** What must hold of the slots: one test, all of several, or any of several. */
const condition = z
  .strictObject({
    ...test.partial().shape,
    all: z.array(test).min(1).max(8).optional(),
    any: z.array(test).min(1).max(8).optional(),
  })
  .refine(
    it => [it.slot, it.all, it.any].filter(part => part !== undefined).length === 1,
    'exactly one of slot, all and any is needed',
  );

/** The steps by which a slot is asked for again: in the same way, by spelling, digit by digit, by the keys. */
const rung = z.strictObject({
  by: z.enum(['again', 'spelling', 'digits', 'keys']),
  prompt: spoken,
  help: spoken.optional(),
});

const slotBase = {
  /** What the slot is called when the caller is asked which part is wrong. */
  part: phrase,
  /** Personal data: sealed in the record. */
  sensitive: z.boolean().default(false),
  /** Tried one after the other when the value was refused or not understood; then a person calls back. */
  repair: z.array(rung).min(1).max(6),
  /** Said when the value was understood but can't be. */
  invalid: spoken.optional(),
};

const slot = z.discriminatedUnion('kind', [
  z.strictObject({
    ...slotBase,
    kind: z.literal('choice'),
    values: z
      .record(name, z.strictObject({ say: spoken, phrases: z.array(phrase).min(1).max(16) }))
      .refine(values => Object.keys(values).length >= 2, 'at least two values'),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('yes_no'),
    /** Further phrases beside yes and no themselves. */
    yes: z.array(phrase).max(16).default([]),
    no: z.array(phrase).max(16).default([]),
  }),
  z.strictObject({ ...slotBase, kind: z.literal('house_number'), max: z.number().int().min(9).max(99_999) }),
  z.strictObject({ ...slotBase, kind: z.literal('street') }),
  z.strictObject({ ...slotBase, kind: z.literal('town') }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('floor'),
    basement: z.boolean(),
    max: z.number().int().min(1).max(60),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('count'),
    unit: z.strictObject({ one: phrase, many: phrase, also: z.array(phrase).max(8).default([]) }),
    max: z.number().int().min(1).max(60),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('date'),
    /** From tomorrow up to so many days ahead. */
    withinDays: z.number().int().min(1).max(366),
  }),
]);

/** Where to go: the first branch that holds; the last one holds always. */
const next = z
  .array(z.strictObject({ when: condition.optional(), to: name }))
  .min(1)
  .max(16);
const patience = z.enum(['yesNo', 'short', 'normal', 'long']);

const question = z.strictObject({
  /** Slots that must be heard; what is missing is asked for by its repair. */
  slots: z.array(name).min(1).max(4),
  /** Slots that may be said along, and are then not asked for. */
  also: z.array(name).max(4).default([]),
  prompt: spoken,
  /** Said before the prompt when it is asked again. */
  help: spoken,
  patience: patience.default('normal'),
  /** Asked only if this holds; else the values of `otherwise` follow. */
  when: condition.optional(),
  otherwise: z.record(name, value).default({}),
});

const readBack = z.strictObject({ when: condition.optional(), say: spoken });

const stageBase = { say: z.array(spoken).max(8).default([]), interruptible: z.boolean().default(true) };

const formStage = z.strictObject({
  ...stageBase,
  kind: z.literal('form'),
  questions: z.array(question).min(1).max(12),
  /** always: read back and asked; unsure: only when the recogniser was not sure. */
  confirm: z.enum(['always', 'unsure']),
  /** The first that holds is said, and then asked whether it is right. */
  readBack: z.array(readBack).min(1).max(12),
  /** Said when nothing is asked. */
  echo: spoken.optional(),
  next,
});

const consentStage = z.strictObject({
  ...stageBase,
  kind: z.literal('consent'),
  ask: spoken,
  help: spoken,
  announce: spoken,
  granted: spoken,
  refused: spoken,
  next,
});

const quoteStage = z.strictObject({ ...stageBase, kind: z.literal('quote'), total: spoken, next });
/** A model leads the conversation for a while; where there is none, the call goes on elsewhere. */
const talkStage = z.strictObject({
  ...stageBase,
  kind: z.literal('talk'),
  /** For the model: who it is, what it is to do here and what it must not. */
  instructions: z.string().min(1).max(LIMITS.talkInstructionsCharacters),
  patience: patience.default('normal'),
  /** Said when the model thinks for long. */
  filler: spoken.optional(),
  /** What it may call here. */
  tools: z
    .array(name)
    .max(LIMITS.stageTools)
    .refine(names => new Set(names).size === names.length, 'each tool once')
    .default([]),
  /** Where it may lead to: what each way means is told to the model, which names one when it has come so far. */
  ways: z
    .record(name, z.strictObject({ to: name, meaning: z.string().min(1).max(300) }))
    .refine(ways => Object.keys(ways).length <= 16, 'at most sixteen ways')
    .default({}),
  /** Where the call goes when no model answers. */
  without: name,
});

/** Another workflow goes on with the call. */
const handOffStage = z.strictObject({
  ...stageBase,
  kind: z.literal('hand_off'),
  to: name,
  /** The other's slots by ours; without it those of the same name and kind are kept. */
  slots: z.record(name, name).optional(),
});

/** A person is called, and speaks with the caller. */
const personStage = z.strictObject({
  ...stageBase,
  kind: z.literal('person'),
  /** One of `people` of the configuration. */
  to: name,
  /** Said to them alone, before they hear the caller; a sentence about a slot without a value is left out. */
  whisper: z.array(spoken).max(2).default([]),
  ringSeconds: z.number().int().min(5).max(45).default(25),
  /** Where the call goes when nobody answers. */
  otherwise: name,
  /** Where it goes when the person has hung up; without it the call ends. */
  after: name.optional(),
  outcome: name.default('transferred'),
});

const sayStage = z.strictObject({ ...stageBase, kind: z.literal('say'), next });
const endStage = z.strictObject({
  ...stageBase,
  kind: z.literal('end'),
  outcome: name,
  /** The quote is recorded again as booked. */
  booked: z.boolean().default(false),
});

const stage = z.discriminatedUnion('kind', [
  formStage,
  consentStage,
  quoteStage,
  talkStage,
  handOffStage,
  personStage,
  sayStage,
  endStage,
]);

const priceBase = {
  label: z.string().min(1).max(80),
  /** Spoken when the line is not zero; `{amount}` is the price. */
  say: spoken,
  when: condition.optional(),
};
const priceLine = z.discriminatedUnion('rule', [
  z.strictObject({
    ...priceBase,
    rule: z.literal('byValue'),
    slot: name,
    cents: z.record(z.string(), cents),
  }),
  z.strictObject({
    ...priceBase,
    rule: z.literal('perMile'),
    centsPerMile: cents,
    freeMiles: z.number().int().min(0),
  }),
  z.strictObject({ ...priceBase, rule: z.literal('perUnit'), slot: name, centsPerUnit: cents }),
  z.strictObject({ ...priceBase, rule: z.literal('flat'), cents }),
  z.strictObject({
    ...priceBase,
    rule: z.literal('urgency'),
    slot: name,
    /** The first whose days are not exceeded counts. */
    steps: z
      .array(z.strictObject({ withinDays: z.number().int().min(1).max(366), cents }))
      .min(1)
      .max(8),
  }),
]);

const pricing = z.strictObject({
  currency: z.literal('USD'),
  distance: z.strictObject({
    from: name,
    to: name,
    /** Road miles for one great-circle mile. */
    roadFactor: z.number().min(1).max(3),
    minimumMiles: z.number().int().min(0).max(1000),
  }),
  lines: z.array(priceLine).min(1).max(32),
});

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

export const workflowSchema = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 1.0.0'),
  title: z.string().min(1).max(120),
  start: name,
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
  slots: z.record(name, slot),
  tools,
  stages: z.record(name, stage),
  pricing: pricing.optional(),
});

export type WorkflowDocument = z.infer<typeof workflowSchema>;
export type SlotSpec = WorkflowDocument['slots'][string];
export type SlotKindName = SlotSpec['kind'];
export type SlotOf<K extends SlotKindName> = Extract<SlotSpec, { kind: K }>;
export type Question = z.infer<typeof question>;
export type Condition = z.infer<typeof condition>;
export type FormStage = z.infer<typeof formStage>;
export type ConsentStage = z.infer<typeof consentStage>;
export type QuoteStage = z.infer<typeof quoteStage>;
export type TalkStage = z.infer<typeof talkStage>;
export type HandOffStage = z.infer<typeof handOffStage>;
export type PersonStage = z.infer<typeof personStage>;
export type EndStage = z.infer<typeof endStage>;
export type StageSpec = z.infer<typeof stage>;
export type NextSpec = z.infer<typeof next>;
export type PricingRules = z.infer<typeof pricing>;
export type PriceLine = z.infer<typeof priceLine>;
