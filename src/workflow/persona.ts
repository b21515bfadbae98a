import { z } from 'zod';
import { spoken } from './schema_parts.ts';

const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, 'one line of plain text');

/** Who speaks, and in which tone. */
export const persona = z.strictObject({
  /** In sentences it stands for `{persona_name}`. */
  name: spoken.max(60),
  /** What they are: `the automated assistant of Harmony Insurance`. */
  role: line,
  tone: z.enum(['friendly', 'professional', 'concise']).default('professional'),
  traits: z.array(line).max(8).default([]),
});

export type Persona = z.infer<typeof persona>;

const TONES: Readonly<Record<Persona['tone'], string>> = {
  friendly: 'Be warm and personal: everyday words, and a short word of understanding where it fits.',
  professional: 'Be courteous and exact: complete sentences, and no slang.',
  concise: 'Be brief: one or two short sentences, and nothing that was not asked for.',
};

/** What a model is told of whom it is to be. */
export function personaWords({ name, role, tone, traits }: Persona): string {
  return [`You are ${name}, ${role}.`, TONES[tone], ...traits].join(' ');
}
