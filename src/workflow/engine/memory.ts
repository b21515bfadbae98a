import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';

const value = z.union([z.string().max(LIMITS.slotCharacters), z.number(), z.boolean()]);
const values = z.record(z.string(), z.array(value).max(100));

/** What a tool was given. */
const toolArguments = z.record(z.string(), z.union([value, z.array(value).max(100)]));

const pendingAct = z.strictObject({
  ask: z.literal('act'),
  id: z.string(),
  tool: z.string(),
  args: toolArguments,
  isUndoing: z.boolean(),
});
const actsDone = z.array(z.strictObject({ tool: z.string(), args: toolArguments }));

const openQuestion = z.discriminatedUnion('ask', [
  /** The call has not begun. */
  z.strictObject({ ask: z.literal('nothing') }),
  z.strictObject({ ask: z.literal('consent') }),
  /** Whatever the model asks. */
  z.strictObject({ ask: z.literal('talk') }),
  /** Nothing: a person is called, or speaks with the caller. */
  z.strictObject({ ask: z.literal('person'), joined: z.boolean() }),
  /** Nothing: a tool is used. */
  pendingAct,
  /** A question of the form, by its place. */
  z.strictObject({ ask: z.literal('question'), index: z.number().int().min(0) }),
  /** One slot, by the step of its repair. */
  z.strictObject({ ask: z.literal('repair'), slot: z.string(), rung: z.number().int().min(0) }),
  z.strictObject({ ask: z.literal('readBack') }),
  z.strictObject({ ask: z.literal('which') }),
  /** Whether to go on with the earlier call. */
  z.strictObject({ ask: z.literal('resume') }),
  /** For what the earlier call was told, so that nobody else goes on with it. */
  z.strictObject({ ask: z.literal('identify'), slot: z.string(), wrong: z.number().int().min(0) }),
  z.strictObject({ ask: z.literal('offer'), slot: z.string(), values: z.array(value).min(1).max(8) }),
]);

const pending = z.discriminatedUnion('ask', [
  ...openQuestion.options,
  /** Whether the caller really wants what was heard; `back` is asked again if not. */
  z.strictObject({
    ask: z.literal('sure'),
    about: z.enum(['restart', 'goodbye', 'optOut']),
    back: openQuestion,
    asked: z.array(z.string()),
  }),
]);

const handedSlot = z.strictObject({ value, from: z.string(), kind: z.string(), sensitive: z.boolean() });

const line = z.strictObject({ label: z.string(), amountCents: z.number().int() });

const quote = z.strictObject({
  currency: z.literal('USD'),
  lines: z.array(line),
  totalCents: z.number().int(),
  distanceMiles: z.number(),
  booked: z.boolean(),
});

const talkTurn = z.discriminatedUnion('by', [
  z.strictObject({ by: z.enum(['caller', 'agent']), text: z.string() }),
  z.strictObject({
    by: z.literal('tool'),
    id: z.string(),
    tool: z.string(),
    argumentsJson: z.string(),
    text: z.string(),
  }),
]);

/** What the engine keeps of a conversation beside the slots. */
export const memorySchema = z.strictObject({
  pending,
  /** How often a slot was refused or not understood to the end: the step of its repair. */
  failures: z.record(z.string(), z.number().int().min(0)),
  /** Values that the caller refused; they are not offered again. */
  refused: values,
  /** A value that a correction replaced: it counts again if what replaced it is refused. */
  replaced: z.record(z.string(), value),
  /** A refused value that the caller has said again once; said twice, the refusal was misheard. */
  insisted: z.record(z.string(), value),
  /** What else the recogniser may have heard for a slot. */
  rivals: values,
  /** Slots of the present form of which the recogniser was not sure. */
  doubtful: z.array(z.string()),
  /** Slots whose value followed from others. */
  implied: z.array(z.string()),
  /** Slots that were spelled, and are read back letter by letter. */
  spelled: z.array(z.string()),
  /** Forms that were gone through, for going back. */
  trail: z.array(z.string()),
  misses: z.number().int().min(0),
  silences: z.number().int().min(0),
  turns: z.number().int().min(0),
  /** What was said in stages that a model leads, oldest first, and before that in short. */
  talk: z.array(talkTurn).default([]),
  summary: z.string().default(''),
  /** How many turns were said with a model before the first of `talk`, and up to the end of the summary. */
  talkFrom: z.number().int().min(0).default(0),
  talkSummarised: z.number().int().min(0).default(0),
  /** Turns that are neither here nor in the summary. */
  talkForgotten: z.number().int().min(0).default(0),
  /** The caller's turns that a model answered. */
  talked: z.number().int().min(0).default(0),
  /** Faults of a model that leads forms, one after the other; until which of the caller's turns it is not asked any more. */
  modelFaults: z.number().int().min(0).default(0),
  modelRestsUntil: z.number().int().min(0).default(0),
  /** What the caller said last where a model leads forms: values may be in it still. */
  told: z.string().default(''),
  /** Tools of which nobody knows whether they were done. */
  unknownTools: z.array(z.strictObject({ signature: z.string(), key: z.string() })).default([]),
  /** Tools that the workflow itself used so far. */
  acts: z.number().int().min(0).default(0),
  /** Of the stage's steps those that were done, and whether one could not be undone. */
  actsDone: actsDone.default([]),
  isUndoUnsure: z.boolean().default(false),
  /** What the caller wanted while a tool was used: where the call goes then. */
  afterAct: z.enum(['optOut', 'person']).optional(),
  /** The caller was told who speaks, and whether they agreed to be recorded; in this call, not only in this workflow. */
  disclosed: z.boolean().default(false),
  consent: z.boolean().optional(),
  /** Words of what guardrails want to be said, and was. */
  mustSaid: z.array(z.string()).default([]),
  /** Hand-offs of the call so far. */
  handOffs: z.number().int().min(0).default(0),
  /** Values of workflows before this one that it has no slots for. */
  carried: z.record(z.string(), handedSlot).default({}),
  /** What was known before a word was said; for every workflow of the call. */
  given: z.record(z.string(), value).default({}),
  /** How often the caller asked for it. */
  slower: z.number().int().min(0).default(0),
  louder: z.number().int().min(0).default(0),
  /** Times that the caller did not understand, one after the other, and times of abuse. */
  confused: z.number().int().min(0).default(0),
  abusive: z.number().int().min(0).default(0),
  /** What was asked last, to ask it again. */
  asked: z.array(z.string()),
  /** All that was said last, to say it again. */
  said: z.array(z.string()),
  quote: quote.optional(),
  /** How often each topic was brought up in the call, and objections in this workflow. */
  topics: z.record(z.string(), z.number().int().min(0)).default({}),
  objections: z.number().int().min(0).default(0),
  /** Turns of this workflow that were no answer; how sure the recogniser was of the last ones; how annoyed the caller is. */
  missed: z.number().int().min(0).default(0),
  confidences: z.array(z.number()).default([]),
  negative: z.number().int().min(0).default(0),
  /** Rules of escalation that have led elsewhere, by their places. */
  escalated: z.array(z.number().int().min(0)).default([]),
  /** What a call before this one knew, until its caller has said whether to go on with it. */
  earlier: z
    .strictObject({
      stage: z.string().optional(),
      about: z.string().optional(),
      /** What its caller is asked for before anything of it counts. */
      identify: z.string().optional(),
      slots: z.record(z.string(), z.strictObject({ value, confirmed: z.boolean() })),
      trail: z.array(z.string()),
      implied: z.array(z.string()),
      doubtful: z.array(z.string()).default([]),
      topics: z.record(z.string(), z.number().int().min(0)),
      acts: z.number().int().min(0),
      quote: quote.optional(),
      act: z.strictObject({ pending: pendingAct, actsDone, isUndoUnsure: z.boolean() }).optional(),
    })
    .optional(),
});

export type Memory = z.infer<typeof memorySchema>;
/** What counts for the whole call, whichever workflow leads. */
export const OF_THE_CALL = [
  'disclosed',
  'consent',
  'mustSaid',
  'handOffs',
  'talked',
  'unknownTools',
  'acts',
  'given',
  'topics',
  'negative',
  'slower',
  'louder',
  'abusive',
] as const satisfies readonly (keyof Memory)[];
export type CallMemory = Pick<Memory, (typeof OF_THE_CALL)[number]>;
export type Pending = Memory['pending'];
export type OpenQuestion = z.infer<typeof openQuestion>;

export const EMPTY_MEMORY: Memory = {
  pending: { ask: 'nothing' },
  failures: {},
  refused: {},
  replaced: {},
  insisted: {},
  rivals: {},
  doubtful: [],
  implied: [],
  spelled: [],
  trail: [],
  misses: 0,
  silences: 0,
  turns: 0,
  talk: [],
  summary: '',
  talkFrom: 0,
  talkSummarised: 0,
  talkForgotten: 0,
  talked: 0,
  modelFaults: 0,
  modelRestsUntil: 0,
  told: '',
  unknownTools: [],
  acts: 0,
  actsDone: [],
  isUndoUnsure: false,
  disclosed: false,
  mustSaid: [],
  handOffs: 0,
  carried: {},
  given: {},
  slower: 0,
  louder: 0,
  confused: 0,
  abusive: 0,
  asked: [],
  said: [],
  topics: {},
  objections: 0,
  missed: 0,
  confidences: [],
  negative: 0,
  escalated: [],
};
