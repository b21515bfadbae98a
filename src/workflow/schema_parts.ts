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
