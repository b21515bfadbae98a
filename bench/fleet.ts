import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchResult } from './bench.ts';
import { ASSUMED, DAILY_CURVE, PRICES, REGIONS } from './fleet/assumptions.ts';
import { MEAN_HANDLING_S, rowsPerSecond } from './fleet/capacity.ts';
import { withTable } from './fleet/constants_table.ts';
import { readMeasured } from './fleet/measured.ts';
import { outcomeOf } from './fleet/outcome.ts';
import { drawDay } from './fleet/picture.ts';
import { planOf } from './fleet/plan.ts';
import { VARIATIONS, vary } from './fleet/sensitivity.ts';
import { simulateDay } from './fleet/simulation.ts';
import { describe } from './fleet/summary.ts';
import { sumOf } from './fleet/tally.ts';

const PICTURE = fileURLToPath(new URL('results/fleet.png', import.meta.url));
const NOTE = fileURLToPath(new URL('../docs/capacity.md', import.meta.url));
const PEAK_CALLS = 10_000;
const QUICK_PEAK_CALLS = 1000;
/** Of the days in which one thing is changed: of the whole size they would take half an hour. */
const VARIED_PEAK_CALLS = 2500;
const QUICK_VARIATIONS = 2;

/** A day of 10,000 calls at once over three regions, in code: from the kept results and what is assumed. */
export const bench: Bench = {
  name: 'fleet',
  run: async ({ quick }) => {
    const measured = readMeasured();
    const plan = planOf(measured, quick ? QUICK_PEAK_CALLS : PEAK_CALLS);
    const tally = simulateDay(plan);
    const day = outcomeOf(tally, plan);
    const variations = quick ? VARIATIONS.slice(0, 1 + QUICK_VARIATIONS) : VARIATIONS;
    const varied = vary(planOf(measured, quick ? QUICK_PEAK_CALLS : VARIED_PEAK_CALLS), variations, name =>
      process.stderr.write(`${name}\n`),
    );
    if (!quick) {
      writeFileSync(PICTURE, drawDay(tally.samples));
      writeFileSync(NOTE, withTable(readFileSync(NOTE, 'utf8'), measured));
    }
    const { needs, capacity, seed, peakCalls } = plan;
    return {
      ok:
        day.carried + day.refused + day.lost === day.attempts &&
        day.fullestProcess <= capacity.slotsPerProcess,
      headline: {
        peakCalls: day.peakCalls,
        carried: day.carried,
        refused: day.refused,
        lost: day.lost,
        takeoverP95S: day.takeoverSeconds.p95,
        peakNodes: day.peakNodes,
        peakCoresUsed: day.peakCoresUsed,
        usdPer1000Calls: day.cost.usdPer1000Calls,
        usdPerMinute: day.cost.usdPerMinute,
      },
      figures: {
        day,
        plan: { seed, peakCalls, needs, capacity, lostAtTakeover: plan.lostAtTakeover },
        rowsPerSecondAtPeak: Math.round(rowsPerSecond(day.peakCalls, needs)),
        meanHandlingS: Math.round(MEAN_HANDLING_S),
        variedPeakCalls: VARIED_PEAK_CALLS,
        sensitivity: varied,
        failures: tally.failures.filter(({ what }) => what !== 'process'),
        hourly: tally.samples.filter(({ atS }) => atS % 3600 === 0),
        refusedByMinutes: sumOf(tally.samples.map(({ refused }) => Number(refused > 0))),
        measured,
        assumed: { ...ASSUMED, regions: REGIONS, dailyCurve: DAILY_CURVE, prices: PRICES },
      },
      validity: VALIDITY,
      summarise: posture => describe(measured, plan, day, varied, posture),
    };
  },
};

const VALIDITY: BenchResult['validity'] = [
  'a simulation: nothing of it was carried by machines; it is as good as its constants, which are those of the kept results of other benches, taken on 2 cores and one machine, and its assumptions',
  'admission is the code of the node (src/calls/admission.ts, src/signalling/token_bucket.ts) with one media process for each core; who asks which node is assumed: a proxy in turn, three nodes of the region, then one of each other region',
  'that eight cores carry eight times what one does is assumed: nothing has been measured on eight',
  'calls of a lost node or region are lost: a takeover across nodes is simulated only where the bench survive has measured one, and in one variation',
  'a media process that dies loses as many calls as the kills of the bench takeover allow at 95 %, though none was lost there',
  'the day begins at midnight UTC without calls; machines are paid for from their order, by the second, within the day',
  'costs are list prices of machines, traffic and kept recordings: neither the trunk nor providers of speech and models, load balancers, databases elsewhere, support or people are in it',
  'where a call is set up twice because a node does not answer, nothing is lost but time, which is not counted; shedding of stages under overload is not part of it',
];
