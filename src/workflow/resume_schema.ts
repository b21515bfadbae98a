import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { name, spoken } from './schema_parts.ts';

/** How a caller is received whose call broke off: behind the greeting, before anything else is asked. */
export const resume = z.strictObject({
  /** What is longer ago is forgotten. */
  withinMinutes: z.number().int().min(1).max(LIMITS.resumeMinutes).default(1_440),
  /** What is known: `{about}` is where they had got to; a sentence about what is not known is left out. */
  say: z.array(spoken).max(8).default([]),
  ask: spoken,
  /**
   * Before what is sensitive is taken up, whoever calls is asked once more for the first of these that the earlier call knew, and has
   * to say the same. Without one nothing sensitive is taken up.
   */
  confirm: z.strictObject({ slots: z.array(name).min(1).max(8), say: spoken }).exactOptional(),
  help: spoken,
  yes: spoken.exactOptional(),
  no: spoken.exactOptional(),
});
