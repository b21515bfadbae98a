import { DAILY_CURVE, REGIONS, type RegionAssumption } from './assumptions.ts';
import { MEAN_HANDLING_S } from './capacity.ts';
import type { Chance } from './chance.ts';

const HOUR_S = 3600;
const HOURS = 24;

/** Of a region's busiest hour, at a time of the day in UTC; between the hours' middles it goes straight. */
function curveAt(atS: number, { hoursFromUtc }: RegionAssumption): number {
  const hour = (((atS / HOUR_S + hoursFromUtc - 0.5) % HOURS) + HOURS) % HOURS;
  const from = DAILY_CURVE[Math.floor(hour)]!;
  const to = DAILY_CURVE[(Math.floor(hour) + 1) % HOURS]!;
  return from + (to - from) * (hour - Math.floor(hour));
}

const sumAt = (atS: number): number =>
  REGIONS.reduce((sum, region) => sum + region.share * curveAt(atS, region), 0);

const MINUTES = Array.from({ length: HOURS * 60 }, (_, minute) => minute * 60);
const BUSIEST = Math.max(...MINUTES.map(sumAt));

/** Calls a second that a region gets, if all regions together are to hold so many calls at their busiest. */
export function rateAt(atS: number, region: RegionAssumption, peakCalls: number): number {
  return ((peakCalls / MEAN_HANDLING_S) * region.share * curveAt(atS, region)) / BUSIEST;
}

/** The next call of a Poisson process whose rate follows the day: candidates at the highest rate are thinned out. */
export function nextArrival(
  fromS: number,
  region: RegionAssumption,
  peakCalls: number,
  chance: Chance,
): number {
  const most = ((peakCalls / MEAN_HANDLING_S) * region.share * Math.max(...DAILY_CURVE)) / BUSIEST;
  let atS = fromS;
  do atS += chance.exponential(1 / most);
  while (!chance.happens(rateAt(atS, region, peakCalls) / most));
  return atS;
}
