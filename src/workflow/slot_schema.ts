import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { name, phrase, spoken } from './schema_parts.ts';
import { STATES } from './us_states.ts';

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
  /** May be known before the call; `confirmed`: and needs not be read back. */
  given: z.union([z.boolean(), z.literal('confirmed')]).default(false),
  /** Tried one after the other when the value was refused or not understood; then a person calls back. What is asked for needs one. */
  repair: z.array(rung).max(6).default([]),
  /** Said when the value was understood but can't be. */
  invalid: spoken.optional(),
};

const choiceOf = z
  .record(name, z.strictObject({ say: spoken, phrases: z.array(phrase).min(1).max(16) }))
  .refine(values => Object.keys(values).length >= 2, 'at least two values');
const unit = z.strictObject({ one: phrase, many: phrase, also: z.array(phrase).max(8).default([]) });
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'hours and minutes, such as 08:30');
const pattern = z
  .string()
  .regex(
    /^[A9X](?:[A9X-]{0,30}[A9X])?$/,
    'A for a letter, 9 for a digit, X for either, and dashes between them',
  );
/** Ten billion dollars: more can't be told in words that everybody understands. */
const MOST_CENTS = 1_000_000_000_000;

export const slot = z.discriminatedUnion('kind', [
  z.strictObject({
    ...slotBase,
    kind: z.literal('choice'),
    values: choiceOf,
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('choices'),
    values: choiceOf.refine(
      values => !Object.hasOwn(values, 'none'),
      'none is what is stored for none of them',
    ),
    /** None of them is an answer as well. */
    mayBeNone: z.boolean().default(false),
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
    unit,
    max: z.number().int().min(1).max(60),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('date'),
    /** From tomorrow up to so many days ahead; 366, or 0 where `pastDays` is given, if it is left out. */
    withinDays: z.number().int().min(0).max(3_660).optional(),
    /** From so many days ago up to today. From two years on the year has to be told. */
    pastDays: z.number().int().min(0).max(45_000).default(0),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('time'),
    from: clock.default('00:00'),
    to: clock.default('23:59'),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('name'),
    /** First and last name. */
    full: z.boolean().default(false),
  }),
  z.strictObject({ ...slotBase, kind: z.literal('company') }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('text'),
    words: z
      .strictObject({
        min: z.number().int().min(1).default(1),
        max: z.number().int().max(LIMITS.accountWords),
      })
      .refine(({ min, max }) => min <= max, 'min must not be above max')
      .default({ min: 1, max: LIMITS.heardWords }),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('phone'),
    /** Of numbers of seven digits. */
    areaCode: z
      .string()
      .regex(/^[2-9]\d{2}$/, 'three digits')
      .optional(),
    /** Numbers of other countries too, told with a plus or 011. */
    international: z.boolean().default(false),
  }),
  z.strictObject({ ...slotBase, kind: z.literal('email') }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('number'),
    min: z.number().min(-1e9).max(1e9).default(0),
    max: z.number().min(-1e9).max(1e9),
    /** Two at most. */
    decimals: z.boolean().default(false),
    unit: unit.optional(),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('percent'),
    min: z.number().min(0).max(1_000).default(0),
    max: z.number().min(0).max(1_000).default(100),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('money'),
    minCents: z.number().int().min(0).max(MOST_CENTS).default(0),
    maxCents: z.number().int().min(1).max(MOST_CENTS),
  }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('us_state'),
    only: z
      .array(z.string().refine(code => Object.hasOwn(STATES, code), 'the code of a state, such as MA'))
      .min(1)
      .optional(),
  }),
  z.strictObject({ ...slotBase, kind: z.literal('zip') }),
  z.strictObject({
    ...slotBase,
    kind: z.literal('code'),
    /** How it is built: AA999999 is two letters and six digits; of several the one that fits. */
    pattern: z.union([pattern, z.array(pattern).min(1).max(4)]),
  }),
]);

export type SlotSpec = z.infer<typeof slot>;
export type SlotKindName = SlotSpec['kind'];
export type SlotOf<K extends SlotKindName> = Extract<SlotSpec, { kind: K }>;
