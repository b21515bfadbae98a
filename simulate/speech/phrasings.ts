import { z } from 'zod';

const words = z.array(z.string().min(1).max(200)).min(1);

/** How the values of one kind of slot are said. */
export const kindPhrasingSchema = z.strictObject({
  kind: z.string(),
  /** Ways of the value itself, with weights; `say_value.ts` knows them. */
  styles: z.record(z.string(), z.number().positive()).default({}),
  /** Sentences around `{value}`. */
  frames: z.array(z.string().includes('{value}')).min(1).default(['{value}']),
  /** What stands between several answers, and before this one when it is not the first. */
  joint: z.string().default(', '),
  /** Of yes_no. */
  yes: words.optional(),
  no: words.optional(),
});

type KindPhrasing = z.infer<typeof kindPhrasingSchema>;

/** What is said to what every agent asks. */
export const answersSchema = z.strictObject({
  consent: words,
  noConsent: words,
  right: words,
  wrong: words,
  /** With `{value}`; `{part}` is what the agent calls it. */
  corrections: words,
  changes: words,
  selfCorrections: words,
  which: words,
  everything: words,
  noneOfThem: words,
  unknown: words,
  again: words,
  back: words,
  sureYes: words,
  sureNo: words,
  goOn: words,
  hesitations: words,
  optOut: words,
  person: words,
  hangUp: words,
});

type Answers = z.infer<typeof answersSchema>;

export const asidesSchema = z.strictObject({
  questions: words,
  objections: words,
  remarks: words,
  injections: words,
  insults: words,
  identity: words,
  slower: words,
  louder: words,
});

type Asides = z.infer<typeof asidesSchema>;

const group = z.array(z.string()).min(2);

/** What recognisers do to words. Chances are for each word that it could happen to. */
export const recogniserSchema = z.strictObject({
  /** Words that sound the same. */
  homophones: z.strictObject({ chance: z.number(), groups: z.array(group) }),
  /** Words that sound alike. */
  near: z.strictObject({ chance: z.number(), groups: z.array(group) }),
  dropped: z.strictObject({ chance: z.number(), words }),
  inserted: z.strictObject({ chance: z.number(), words }),
  /** Of clean words, least and most; each error multiplies it by one from `perError`. */
  confidence: z.tuple([z.number(), z.number()]),
  perError: z.tuple([z.number(), z.number()]),
  /** Chance that the right words are among the alternatives of wrong ones. */
  alternative: z.number(),
});

export type RecogniserSpec = z.infer<typeof recogniserSchema>;

export interface Phrasings {
  readonly kinds: ReadonlyMap<string, KindPhrasing>;
  readonly answers: Answers;
  readonly asides: Asides;
  readonly recogniser: RecogniserSpec;
  readonly lists: Readonly<Record<string, readonly (string | number)[]>>;
}
