import { z } from 'zod';
import { AIMS } from '../scenario/schema.ts';

const share = z.number().min(0).max(1);
const words = z.array(z.string().min(1).max(300)).min(1);
const said = z.strictObject({ chance: share, say: words });

/** Something that is said beside the answers. */
const interjection = z.strictObject({
  /** A list of `phrasings/asides.yaml` or of the scenario's `asides`. */
  use: z
    .enum(['questions', 'objections', 'remarks', 'injections', 'insults', 'identity', 'slower', 'louder'])
    .optional(),
  /** Or these words. */
  say: words.optional(),
  /** At each of the agent's questions. */
  chance: share,
  atMost: z.number().int().min(1).default(2),
  /** The agent's turn from which on; 1 is the greeting. */
  fromTurn: z.number().int().min(1).default(2),
  /** In place of the answer, which follows when it is asked again; or around it. */
  place: z.enum(['instead', 'before', 'after']).default('instead'),
});

export type Interjection = z.infer<typeof interjection>;

export const personaSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/),
  about: z.string().min(1).max(200),
  aim: z.enum(AIMS).default('goal'),
  /** Of aims other than the goal: the agent's turn from which on. */
  aimFromTurn: z.number().int().min(2).default(4),
  /** Chance of agreeing to be recorded. */
  consent: share.default(1),
  /** Chance of a sentence around an answer where the bare words would do. */
  wordiness: share.default(0.3),
  /** How values of a kind are said; a style of `phrasings/KIND.yaml`. */
  styles: z.record(z.string(), z.string()).default({}),
  /** Slots that are keyed in where they are asked for. */
  keyed: z.array(z.string()).default([]),
  before: said.optional(),
  after: said.optional(),
  /** Somewhere within the words. */
  hesitation: share.default(0.05),
  /** Chance of telling along what a question leaves room for. */
  early: share.default(0.3),
  /** Chance of spelling a name behind it. */
  spelling: share.default(0),
  /** First a wrong value, put right where it is read back. */
  wrong: share.default(0),
  /** A wrong value that is put right in the same breath. */
  selfCorrection: share.default(0.02),
  /** What is read back is right, and the caller wants something else. */
  change: share.default(0),
  /** To a read-back that is wrong: chance of a bare no in place of what is right. */
  bareNo: share.default(0.3),
  /** Chance of asking for the last words again. */
  repeat: share.default(0),
  repeatsAtMost: z.number().int().min(1).default(5),
  /** Chance of saying nothing, and how often in a call. */
  silence: z.strictObject({ chance: share, atMost: z.number().int().min(1) }).optional(),
  /** Chance of cutting the agent short: the first words are lost. */
  cutIn: share.default(0),
  /** Chance that words of somebody else come along. */
  secondSpeaker: said.optional(),
  /** The line drops once, at one of these turns of the agent, and the caller calls again. */
  drop: z.tuple([z.number().int().min(2), z.number().int()]).optional(),
  interjections: z.array(interjection).max(6).default([]),
  /** Errors of the recogniser in parts of the usual ones (`phrasings/recogniser.yaml`). */
  misheard: z.number().min(0).max(6).default(1),
});

export type Persona = z.infer<typeof personaSchema>;
