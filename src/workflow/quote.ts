import { TrunklineError } from '../config/errors.ts';
import { dayNumber } from './calendar.ts';
import { holds } from './condition.ts';
import { greatCircleMiles, type Places } from './places.ts';
import type { PriceLine, PricingRules } from './pricing_schema.ts';
import type { Quote, SlotValue } from './types.ts';

export type SlotValues = Readonly<Record<string, SlotValue>>;

/** A line of a quote together with the rule it follows from. */
export interface PricedLine {
  readonly rule: PriceLine;
  readonly amountCents: number;
}

/**
 * Road miles between two towns: great circle × road factor, to the nearest whole mile, at least the minimum.
 * @throws TrunklineError WORKFLOW_INVALID when a town is not in the table
 */
function roadMiles(rules: PricingRules['distance'], slots: SlotValues, places: Places): number {
  const [from, to] = [rules.from, rules.to].map(slot => places.towns.get(String(slots[slot])));
  if (from === undefined || to === undefined) {
    throw new TrunklineError('WORKFLOW_INVALID', `${rules.from} and ${rules.to} must be towns of the table`);
  }
  return Math.max(rules.minimumMiles, Math.round(greatCircleMiles(from, to) * rules.roadFactor));
}

/** Every line of the rules that costs something, in their order. */
export function pricedLines(
  rules: PricingRules,
  slots: SlotValues,
  miles: number,
  todayIso: string,
): readonly PricedLine[] {
  return rules.lines
    .filter(line => line.when === undefined || holds(line.when, name => slots[name]))
    .map(rule => ({ rule, amountCents: amountOf(rule, slots, miles, todayIso) }))
    .filter(line => line.amountCents !== 0);
}

function amountOf(line: PriceLine, slots: SlotValues, miles: number, todayIso: string): number {
  switch (line.rule) {
    case 'flat':
      return line.cents;
    case 'byValue':
      return line.cents[String(slots[line.slot])] ?? 0;
    case 'perMile':
      return line.centsPerMile * Math.max(0, miles - line.freeMiles);
    case 'perUnit':
      return line.centsPerUnit * Number(slots[line.slot] ?? 0);
    case 'urgency': {
      const [today, day] = [todayIso, String(slots[line.slot])].map(dayNumber);
      if (today === undefined || day === undefined) return 0;
      return line.steps.find(step => day - today <= step.withinDays)?.cents ?? 0;
    }
  }
}

/** The quote for the slots: integer cents, lines in the order of the rules, equal for equal arguments. */
export function quoteOf(rules: PricingRules, slots: SlotValues, places: Places, todayIso: string): Quote {
  const distanceMiles = roadMiles(rules.distance, slots, places);
  const lines = pricedLines(rules, slots, distanceMiles, todayIso);
  return {
    currency: rules.currency,
    lines: lines.map(({ rule, amountCents }) => ({ label: rule.label, amountCents })),
    totalCents: lines.reduce((sum, line) => sum + line.amountCents, 0),
    distanceMiles,
    booked: false,
  };
}
