import { readFileSync } from 'node:fs';
import t from 'tap';
import { nextArrival, rateAt } from '../../bench/fleet/arrivals.ts';
import { REGIONS } from '../../bench/fleet/assumptions.ts';
import { capacityOf, MEAN_HANDLING_S, needsOf } from '../../bench/fleet/capacity.ts';
import { Chance } from '../../bench/fleet/chance.ts';
import { withTable } from '../../bench/fleet/constants_table.ts';
import { EventQueue } from '../../bench/fleet/event_queue.ts';
import { type FleetCall, FleetNode } from '../../bench/fleet/fleet_node.ts';
import { readMeasured } from '../../bench/fleet/measured.ts';
import { outcomeOf } from '../../bench/fleet/outcome.ts';
import { drawDay } from '../../bench/fleet/picture.ts';
import { type FleetPlan, planOf } from '../../bench/fleet/plan.ts';
import { simulateDay } from '../../bench/fleet/simulation.ts';
import { sumOf, type Tally } from '../../bench/fleet/tally.ts';

const MEASURED = readMeasured();
/** Small nodes that fail often: everything that can happen does. */
const PLAN = roughPlan();
const DAY = simulateDay(PLAN);

t.test('every attempt is carried, lost or refused, once; every caller gets through or gives up', async t => {
  t.ok(DAY.fresh > 10_000);
  t.equal(DAY.carried + DAY.lostInAll + DAY.refusedInAll, DAY.attempts);
  t.equal(DAY.carried + DAY.gaveUp, DAY.fresh);
  for (const [by, lost] of Object.entries(DAY.lost)) t.ok(lost > 0, `${by}: ${lost}`);
  t.ok(DAY.refused.CAPACITY > 0 && DAY.refused.unreachable > 0);
  t.equal(sumOf(DAY.samples.map(({ refused }) => refused)), DAY.refusedInAll);
});

t.test('the same seed gives the same day, another one another', async t => {
  const figures = (day: Tally): string => JSON.stringify([outcomeOf(day, PLAN), day.samples, day.failures]);
  t.equal(figures(simulateDay(PLAN)), figures(DAY));
  t.not(figures(simulateDay({ ...PLAN, seed: 2 })), figures(DAY));
});

t.test('no media process ever has more calls than slots, no node fuller cores than it may', async t => {
  const { capacity } = PLAN;
  t.equal(DAY.fullestProcess, capacity.slotsPerProcess, 'full at times');
  t.ok(DAY.fullestNodeCores <= (capacity.slots * PLAN.needs.pctCore) / 100);
  t.ok(DAY.samples.every(({ coresUsed, nodes }) => coresUsed <= nodes * capacity.cores));
});

t.test('a failure loses no more than it may', async t => {
  const day = simulateDay({ ...PLAN, lostAtTakeover: 0 });
  const died = day.failures.filter(({ what }) => what === 'process');
  t.ok(died.length > 20 && sumOf(died.map(({ calls }) => calls)) > 100);
  t.equal(day.lost.process, 0, 'who finds no slot waits for the process to be back');
  for (const { calls, lost, what } of DAY.failures) {
    t.ok(calls <= (what === 'process' ? PLAN.capacity.slotsPerProcess : PLAN.capacity.slots));
    if (what !== 'process') t.equal(lost, calls);
  }
  const most = Math.max(PLAN.killedGapMs.max, PLAN.hungGapMs.max, 3000);
  t.ok(Math.max(...DAY.takeoverGapsMs) <= most);
});

t.test('where nodes are taken over, a lost one loses only whom no other has room for', async t => {
  const roomy = { ...PLAN, wantedUse: 0.3, hasOutage: false, hasUpgrade: false, drainS: 7200 };
  const without = simulateDay(roomy);
  const taken = simulateDay({ ...roomy, nodeGapP95Ms: 5000 });
  t.ok(without.lost.node > 20);
  t.ok(taken.lost.node < without.lost.node / 5, `${taken.lost.node} of ${without.lost.node}`);
});

t.test('a longer drain cuts fewer calls off', async t => {
  const cut = (drainS: number): number => simulateDay({ ...PLAN, drainS }).lost.drain;
  t.ok(cut(120) > 20 * cut(1800));
});

t.test('a region that is away loses its calls; others carry its callers, and it comes back', async t => {
  const at = (hour: number) => DAY.samples.find(({ atS }) => atS === Math.round(hour * 60) * 60)!;
  t.ok(at(12.75).callsByRegion[1]! > 50);
  t.equal(at(13.5).callsByRegion[1], 0);
  t.equal(at(13.5).slotsByRegion[1], 0);
  t.ok(at(13.5).callsByRegion[0]! > at(12.75).callsByRegion[0]!);
  t.ok(at(13.85).slotsByRegion[1]! >= at(12.75).slotsByRegion[1]!, 'with as many nodes at once');
  t.ok(at(15).callsByRegion[1]! > 50);
  t.ok(DAY.elsewhere > 100);
});

t.test('a node admits as the edge does: spread evenly, refused when full or drained', async t => {
  const node = new FleetNode('a', 'europe', 0, { ...PLAN.capacity, processes: 2, slotsPerProcess: 3 }, 100);
  node.serve();
  const taken = Array.from({ length: 6 }, () => newCall());
  for (const call of taken) t.equal(node.take(call, 0), undefined);
  t.same(node.callsByProcess, [3, 3]);
  t.equal(node.take(newCall(), 0), 'CAPACITY');
  node.release(taken[0]!);
  t.equal(node.take(newCall(), 0), undefined);
  const orphans = node.loseProcess(0);
  t.equal(orphans.length, 3);
  t.notOk(node.takeLost(orphans[0]!), 'the other one is full');
  node.restoreProcess(0);
  node.drain();
  t.ok(node.takeLost(orphans[0]!), 'also while it drains');
  t.equal(node.take(newCall(), 0), 'DRAINING');
});

t.test('a burst beyond the rate of set-ups is refused', async t => {
  const node = new FleetNode('a', 'europe', 0, PLAN.capacity, 2);
  node.serve();
  const answers = [0, 0, 0, 1].map(atS => node.take(newCall(), atS));
  t.same(answers, [undefined, undefined, 'RATE', undefined]);
});

t.test('calls come as often as the day says, and last as long as they should', async t => {
  const region = REGIONS[0]!;
  const peaks = Array.from({ length: 1440 }, (_, minute) =>
    sumOf(REGIONS.map(one => rateAt(minute * 60, one, 10_000) * MEAN_HANDLING_S)),
  );
  t.ok(Math.abs(Math.max(...peaks) - 10_000) < 1);
  const chance = new Chance(1, 'arrivals');
  let came = 0;
  for (let atS = 57_600; ; came += 1) {
    atS = nextArrival(atS, region, 2000, chance);
    if (atS >= 61_200) break;
  }
  const expected = sumOf(Array.from({ length: 60 }, (_, at) => 60 * rateAt(57_630 + 60 * at, region, 2000)));
  t.ok(Math.abs(came - expected) < 4 * Math.sqrt(expected), `${came} of ${expected}`);
  const lengths = Array.from({ length: 40_000 }, () => chance.logNormal(180, 0.7));
  t.ok(Math.abs(sumOf(lengths) / lengths.length / MEAN_HANDLING_S - 1) < 0.02);
});

t.test('what happens next comes first; of what happens at once, what was said first', async t => {
  const queue = new EventQueue<number>();
  const times = Array.from({ length: 500 }, (_, at) => (at * 7919) % 83);
  for (const [at, time] of times.entries()) queue.push(time, at);
  const order: number[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) order.push(next.event);
  t.same(
    order,
    [...times.keys()].toSorted((a, b) => times[a]! - times[b]! || a - b),
  );
});

t.test('slots follow from what was measured, and never exceed what one process has carried', async t => {
  const needs = needsOf(MEASURED);
  const { slotsPerProcess } = capacityOf(MEASURED, needs);
  t.ok(slotsPerProcess <= MEASURED.mostCallsPerProcess && slotsPerProcess * needs.pctCore <= 75);
  const dense = { calls: 60, pctCorePerCall: 0.4, mbPerCall: 2, latenessP999Ms: 3 };
  t.equal(capacityOf({ ...MEASURED, density: dense, mostCallsPerProcess: 60 }).slotsPerProcess, 60);
  t.equal(capacityOf({ ...MEASURED, density: dense, mostCallsPerProcess: 300 }).slotsPerProcess, 187);
});

t.test('the note’s table is that of the kept results: `npm run bench -- fleet` writes it anew', async t => {
  const note = readFileSync(new URL('../../docs/capacity.md', import.meta.url), 'utf8');
  t.equal(withTable(note, MEASURED), note);
});

t.test('the day is drawn', async t => {
  t.equal(drawDay(DAY.samples).subarray(1, 4).toString('latin1'), 'PNG');
});

function roughPlan(): FleetPlan {
  const plan = planOf(MEASURED, 600);
  return {
    ...plan,
    capacity: { ...plan.capacity, processes: 4, slotsPerProcess: 12, slots: 48 },
    hours: 18,
    nodeGapP95Ms: undefined,
    lostAtTakeover: 0.05,
    drainS: 600,
    wantedUse: 0.9,
    processFailsAfterDays: 1,
    nodeFailsAfterDays: 2,
  };
}

function newCall(): FleetCall {
  return { home: 'europe', startS: 0, tries: 0, node: undefined, process: undefined };
}
