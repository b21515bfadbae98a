import { z } from 'zod';
import { name, spoken } from './schema_parts.ts';

const regional = z.strictObject({
  say: spoken,
  /** The law or rule that it follows: a citation or an address. */
  source: z.string().min(1).max(500),
});

/** What is said in other words where other law applies: by the value of a slot, such as a caller's state. */
const regionalText = z
  .object({ slot: name.optional(), default: regional })
  .catchall(regional)
  .refine(
    it => it.slot !== undefined || Object.keys(it).length === 1,
    'slot must say whose value chooses among them',
  )
  .refine(it => Object.keys(it).length <= 64, 'at most 62 variants');

export const texts = z
  .record(name, regionalText)
  .refine(all => Object.keys(all).length <= 64, 'at most 64 texts')
  .default({});

export type RegionalText = z.infer<typeof regionalText>;
export type Regional = z.infer<typeof regional>;

/** A text's variants, by the values of its slot. */
export function variantsOf(text: RegionalText): readonly (readonly [value: string, said: Regional])[] {
  return Object.entries(text).flatMap(([value, said]) =>
    value === 'default' || typeof said !== 'object' ? [] : [[value, said] as const],
  );
}

/** What is said where the slot has that value; without one, and for all others, the default. */
export function textFor(text: RegionalText, value: unknown): string {
  const variant = variantsOf(text).find(([of]) => of === String(value));
  return (variant?.[1] ?? text.default).say;
}
