import { wilson } from '../../bench/bargein/verdict.ts';
import type { Counts, WorkflowSummary } from '../report/summary.ts';

/** What a workflow must reach to go live. */
const THRESHOLDS = {
  completionPct: 95,
  slotAccuracyPct: 98,
  requiredPct: 95,
} as const;

/** The same where a model leads that goes wrong in every fifth answer: calls are few, and some are lost; rules are not. */
const WITH_MODEL = { completionPct: 90, slotAccuracyPct: 97, requiredPct: 90 } as const;

/** Shares of nothing say nothing. */
const NOTHING = {
  aimed: 'nobody called for what the agent is there for',
  filled: 'no slot could be compared with what the caller knew',
  required: 'no required field could be looked at',
} as const;

/** Why a workflow does not pass; empty where it does. */
export function missed(summary: WorkflowSummary, by: 'rules' | 'model' = 'rules'): readonly string[] {
  const thresholds = by === 'rules' ? THRESHOLDS : WITH_MODEL;
  const shares = (['completionPct', 'slotAccuracyPct', 'requiredPct'] as const).flatMap(key =>
    summary[key] < thresholds[key] ? [`${key} is ${summary[key]}, ${thresholds[key]} are needed`] : [],
  );
  const nothing = (['aimed', 'filled', 'required'] as const).flatMap(key =>
    summary.counts[key] === 0 ? [NOTHING[key]] : [],
  );
  const rules = Object.entries(summary.violationsByRule).map(
    ([rule, count]) => `${rule} was broken ${count} times`,
  );
  return [...shares, ...nothing, ...rules];
}

/** How a version compares with another one, by the same callers. */
export interface Comparison {
  /** Per cent gained, with the interval that holds the truth in 95 of 100 cases (R. G. Newcombe, 1998, method 10). */
  readonly completionPct: Difference;
  readonly slotAccuracyPct: Difference;
  readonly violations: number;
  /** What is worse for certain. */
  readonly worse: readonly string[];
}

interface Difference {
  readonly gained: number;
  readonly interval: readonly [number, number];
}

export function compare(now: Counts, base: Counts): Comparison {
  const completionPct = difference([now.completed, now.aimed], [base.completed, base.aimed]);
  const slotAccuracyPct = difference([now.right, now.filled], [base.right, base.filled]);
  const violations = now.violations - base.violations;
  const worse = [
    ...(completionPct.interval[1] < 0 ? [`${-completionPct.gained} % fewer calls are completed`] : []),
    ...(slotAccuracyPct.interval[1] < 0 ? [`${-slotAccuracyPct.gained} % fewer slots are right`] : []),
    ...(violations > 0 ? [`${violations} more violations`] : []),
  ];
  return { completionPct, slotAccuracyPct, violations, worse };
}

type Part = readonly [part: number, whole: number];

/** Of two shares, from their Wilson intervals. */
function difference(now: Part, base: Part): Difference {
  const [a, b] = [percent(now), percent(base)];
  const [aLow, aHigh] = wilson(...now);
  const [bLow, bHigh] = wilson(...base);
  const gained = a - b;
  const low = gained - Math.hypot(a - aLow, bHigh - b);
  const high = gained + Math.hypot(aHigh - a, b - bLow);
  return { gained: rounded(gained), interval: [rounded(low), rounded(high)] };
}

function percent([part, whole]: Part): number {
  return whole === 0 ? 100 : (100 * part) / whole;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
