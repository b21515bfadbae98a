import { z } from 'zod';

/** Names of stages, slots, tools and workflows. */
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _ only, a letter first');
/** What is spoken: plain sentences; `{slot}` stands for a slot's value in words. */
export const spoken = z
  .string()
  .min(1)
  .max(400)
  .regex(/^[A-Za-z0-9 .,;:?!'{}_-]+$/, 'letters, digits, {slot} and plain punctuation only');
/** What a caller may say: words as a recogniser writes them. */
export const phrase = z
  .string()
  .max(80)
  .regex(/^[a-z']+( [a-z']+)*$/, 'lower-case words only');
export const value = z.union([z.string().max(200), z.number(), z.boolean()]);

const test = z.strictObject({
  slot: name,
  is: value.optional(),
  isNot: value.optional(),
  above: z.number().optional(),
  below: z.number().optional(),
});
/** What must hold of the slots: one test, all of several, or any of several. */
export const condition = z
  .strictObject({
    ...test.partial().shape,
    all: z.array(test).min(1).max(8).optional(),
    any: z.array(test).min(1).max(8).optional(),
  })
  .refine(
    it => [it.slot, it.all, it.any].filter(part => part !== undefined).length === 1,
    'exactly one of slot, all and any is needed',
  );

export type Condition = z.infer<typeof condition>;
