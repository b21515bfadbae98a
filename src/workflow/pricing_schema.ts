import { z } from 'zod';
import { condition } from './condition_schema.ts';
import { name, spoken } from './schema_parts.ts';

const cents = z.number().int().min(-10_000_000).max(10_000_000);
const priceBase = {
  label: z.string().min(1).max(80),
  /** Spoken when the line is not zero; `{amount}` is the price. */
  say: spoken,
  when: condition.optional(),
};
const priceLine = z.discriminatedUnion('rule', [
  z.strictObject({
    ...priceBase,
    rule: z.literal('byValue'),
    slot: name,
    cents: z.record(z.string(), cents),
  }),
  z.strictObject({
    ...priceBase,
    rule: z.literal('perMile'),
    centsPerMile: cents,
    freeMiles: z.number().int().min(0),
  }),
  z.strictObject({ ...priceBase, rule: z.literal('perUnit'), slot: name, centsPerUnit: cents }),
  z.strictObject({ ...priceBase, rule: z.literal('flat'), cents }),
  z.strictObject({
    ...priceBase,
    rule: z.literal('urgency'),
    slot: name,
    /** The first whose days are not exceeded counts. */
    steps: z
      .array(z.strictObject({ withinDays: z.number().int().min(1).max(366), cents }))
      .min(1)
      .max(8),
  }),
]);

export const pricing = z.strictObject({
  currency: z.literal('USD'),
  distance: z.strictObject({
    from: name,
    to: name,
    /** Road miles for one great-circle mile. */
    roadFactor: z.number().min(1).max(3),
    minimumMiles: z.number().int().min(0).max(1000),
  }),
  lines: z.array(priceLine).min(1).max(32),
});

export type PricingRules = z.infer<typeof pricing>;
export type PriceLine = z.infer<typeof priceLine>;
