import type { Places } from '../../src/workflow/places.ts';
import type { PriceLine, PricingRules } from '../../src/workflow/pricing_schema.ts';
import { conditionHolds, type SlotValues } from './script.ts';

/** A quote as a bookkeeper would check it: from the rules of the workflow file, apart from the engine's own sums. */
export interface ExpectedQuote {
  readonly totalCents: number;
  readonly miles: number;
  readonly lines: readonly { readonly label: string; readonly amountCents: number }[];
}

const EARTH_RADIUS_MILES = 3958.8;
const DAY_MS = 86_400_000;

export function expectedQuote(
  rules: PricingRules,
  slots: SlotValues,
  places: Places,
  todayIso: string,
): ExpectedQuote {
  const miles = roadMiles(rules.distance, slots, places);
  const lines = rules.lines
    .filter(({ when }) => when === undefined || conditionHolds(when, slots))
    .map(line => ({ label: line.label, amountCents: amountCents(line, slots, miles, todayIso) }))
    .filter(line => line.amountCents !== 0);
  return { totalCents: lines.reduce((sum, line) => sum + line.amountCents, 0), miles, lines };
}

/** Great circle by the spherical law of cosines, in unit vectors: good to a foot at these distances. */
function roadMiles(rules: PricingRules['distance'], slots: SlotValues, places: Places): number {
  const [from, to] = [rules.from, rules.to].map(slot => {
    const town = places.towns.get(String(slots[slot]));
    if (town === undefined) throw new Error(`the town of ${slot} is not in the table of places`);
    const [lat, lon] = [(town.lat * Math.PI) / 180, (town.lon * Math.PI) / 180];
    return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)] as const;
  });
  const chord = Math.hypot(from![0] - to![0], from![1] - to![1], from![2] - to![2]);
  const greatCircle = 2 * EARTH_RADIUS_MILES * Math.asin(chord / 2);
  return Math.max(rules.minimumMiles, Math.round(greatCircle * rules.roadFactor));
}

function amountCents(line: PriceLine, slots: SlotValues, miles: number, todayIso: string): number {
  if (line.rule === 'flat') return line.cents;
  if (line.rule === 'perMile') return Math.max(0, miles - line.freeMiles) * line.centsPerMile;
  const value = slots[line.slot];
  if (line.rule === 'byValue') return line.cents[String(value)] ?? 0;
  if (line.rule === 'perUnit') return Number(value) * line.centsPerUnit;
  const days = (Date.parse(String(value)) - Date.parse(todayIso)) / DAY_MS;
  return line.steps.find(({ withinDays }) => days <= withinDays)?.cents ?? 0;
}
