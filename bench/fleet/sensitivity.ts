import { LIMITS } from '../../src/config/limits.ts';
import { ASSUMED } from './assumptions.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { FleetPlan } from './plan.ts';
import { simulateDay } from './simulation.ts';

export interface Variation {
  readonly name: string;
  readonly change: (plan: FleetPlan) => Partial<FleetPlan>;
}

/** What is changed, one thing at a time; nothing, at first. */
export const VARIATIONS: readonly Variation[] = [
  { name: 'as assumed', change: () => ({}) },
  { name: 'a call costs half as much again', change: plan => dearer(plan, 1.5) },
  { name: 'a call costs two thirds', change: plan => dearer(plan, 2 / 3) },
  { name: 'slots in use wanted: 50 %', change: () => ({ wantedUse: 0.5 }) },
  { name: 'slots in use wanted: 85 %', change: () => ({ wantedUse: 0.85 }) },
  { name: 'a node takes 30 s to start', change: () => ({ nodeStartS: 30 }) },
  { name: 'a node takes 10 min to start', change: () => ({ nodeStartS: 600 }) },
  { name: 'drainS at its default, 120 s', change: () => ({ drainS: 120 }) },
  { name: 'a takeover loses nothing', change: () => ({ lostAtTakeover: 0 }) },
  {
    name: 'everything fails ten times as often',
    change: plan => ({
      processFailsAfterDays: plan.processFailsAfterDays / 10,
      nodeFailsAfterDays: plan.nodeFailsAfterDays / 10,
    }),
  },
  {
    name: 'the same, and lost nodes are taken over within 5 s',
    change: plan => ({
      processFailsAfterDays: plan.processFailsAfterDays / 10,
      nodeFailsAfterDays: plan.nodeFailsAfterDays / 10,
      nodeGapP95Ms: plan.nodeGapP95Ms ?? 5000,
    }),
  },
  { name: 'no region takes calls of a full one', change: () => ({ overflows: false }) },
  { name: 'no region is away', change: () => ({ hasOutage: false }) },
];

export interface Varied {
  readonly name: string;
  readonly outcome: Outcome;
}

export function vary(
  plan: FleetPlan,
  variations: readonly Variation[],
  told: (name: string) => void,
): Varied[] {
  return variations.map(({ name, change }) => {
    told(name);
    const varied = { ...plan, ...change(plan) };
    return { name, outcome: outcomeOf(simulateDay(varied), varied) };
  });
}

/** Slots follow what a call costs, up to what one process may have. */
function dearer({ needs, capacity }: FleetPlan, times: number): Partial<FleetPlan> {
  const pctCore = needs.pctCore * times;
  const byCore = Math.floor((ASSUMED.fullestCore * 100) / pctCore);
  const slotsPerProcess = Math.min(
    byCore,
    LIMITS.callsPerMediaProcess,
    capacity.saturatesAt.lateness / capacity.processes,
  );
  return {
    needs: { ...needs, pctCore },
    capacity: { ...capacity, slotsPerProcess, slots: slotsPerProcess * capacity.processes },
  };
}
