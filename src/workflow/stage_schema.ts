import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { condition } from './condition_schema.ts';
import { name, spoken, value } from './schema_parts.ts';
import { actArguments } from './tool_schema.ts';

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
  /** Asked in these words alone, whoever leads. */
  exact: z.boolean().default(false),
});

const readBack = z.strictObject({ when: condition.optional(), say: spoken });

const stageBase = {
  say: z.array(spoken).max(8).default([]),
  interruptible: z.boolean().default(true),
  /** What it is about, for a caller who is told where they had got to. */
  about: spoken.exactOptional(),
};

/** Who understands the caller and words the questions of a form: the engine alone, or a model that it watches over. */
export const lead = z.enum(['rules', 'model']);

const formStage = z.strictObject({
  ...stageBase,
  kind: z.literal('form'),
  /** Where it is not as the workflow says. */
  lead: lead.optional(),
  /** For a model that leads: what this is for, and in what manner it is to be asked. */
  purpose: z.string().min(1).max(LIMITS.formPurposeCharacters).optional(),
  /** Said when that model thinks for long. */
  filler: spoken.optional(),
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
  /** Where the law wants all parties to agree, it is asked; elsewhere it is announced. Where the state is not known it is asked. */
  twoParty: z
    .strictObject({
      slot: name,
      states: z.array(z.string().min(1).max(64)).min(1).max(60),
      /** The laws: a citation or an address. */
      source: z.string().min(1).max(500),
    })
    .optional(),
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

const actStep = z.strictObject({ tool: name, args: actArguments.default({}) });

/** The workflow uses a tool by itself, or several of which all are done or none. */
const actStage = z
  .strictObject({
    ...stageBase,
    kind: z.literal('act'),
    tool: name.exactOptional(),
    args: actArguments.exactOptional(),
    steps: z.array(actStep).min(1).max(LIMITS.actSteps).exactOptional(),
    /** Said when it takes long, and to a caller who speaks meanwhile; the tool's by default. */
    filler: spoken.exactOptional(),
    /** Where the call goes when all is done. */
    next,
    failed: name,
    /** Where nobody knows whether it was done; without it that counts as failed. */
    unknown: name.exactOptional(),
  })
  .refine(
    ({ tool, args, steps }) => (tool === undefined) !== (steps === undefined) && !(steps && args),
    'either tool with its args, or steps',
  );

/** Slots get values that nobody was asked for. */
const setStage = z.strictObject({
  ...stageBase,
  kind: z.literal('set'),
  set: z
    .record(name, value)
    .refine(set => Object.keys(set).length <= LIMITS.setSlots, `at most ${LIMITS.setSlots} slots`),
  next,
});

const sayStage = z.strictObject({ ...stageBase, kind: z.literal('say'), next });
const endStage = z.strictObject({
  ...stageBase,
  /** Tools that tell others of it once the call has come here: not waited for, and tried until it is done. */
  webhooks: z.array(actStep).max(LIMITS.actSteps).default([]),
  kind: z.literal('end'),
  outcome: name,
  /** The quote is recorded again as booked. */
  booked: z.boolean().default(false),
});

export const stage = z.discriminatedUnion('kind', [
  formStage,
  consentStage,
  quoteStage,
  talkStage,
  handOffStage,
  personStage,
  actStage,
  setStage,
  sayStage,
  endStage,
]);

export type Question = z.infer<typeof question>;
export type FormStage = z.infer<typeof formStage>;
export type ConsentStage = z.infer<typeof consentStage>;
export type QuoteStage = z.infer<typeof quoteStage>;
export type TalkStage = z.infer<typeof talkStage>;
export type HandOffStage = z.infer<typeof handOffStage>;
export type PersonStage = z.infer<typeof personStage>;
export type ActStage = z.infer<typeof actStage>;
export type ActStep = z.infer<typeof actStep>;
export type SetStage = z.infer<typeof setStage>;
export type EndStage = z.infer<typeof endStage>;
export type StageSpec = z.infer<typeof stage>;
export type NextSpec = z.infer<typeof next>;
