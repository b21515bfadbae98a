import { z } from 'zod';
import { name, phrase, spoken } from './schema_parts.ts';

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
  /** Tried one after the other when the value was refused or not understood; then a person calls back. */
  repair: z.array(rung).min(1).max(6),
  /** Said when the value was understood but can't be. */
  invalid: spoken.optional(),
};

export const slot = z.discriminatedUnion('kind', [
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

export type SlotSpec = z.infer<typeof slot>;
export type SlotKindName = SlotSpec['kind'];
export type SlotOf<K extends SlotKindName> = Extract<SlotSpec, { kind: K }>;
