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
