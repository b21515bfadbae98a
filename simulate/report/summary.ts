import { wilson } from '../../bench/bargein/verdict.ts';
import type { Verdict } from '../check/judge.ts';

/** What the shares are made of. */
export interface Counts {
  readonly aimed: number;
  readonly completed: number;
  readonly filled: number;
  readonly right: number;
  /** Fields that the scenario requires, of calls that reached a goal. */
  readonly required: number;
  readonly violations: number;
}

/** What came of the calls of one workflow. */
export interface WorkflowSummary {
  readonly calls: number;
  readonly counts: Counts;
  /** Of callers who want what the agent is there for. */
  readonly completionPct: number;
  readonly completionPctInterval: readonly [number, number];
  readonly slotAccuracyPct: number;
  readonly slotAccuracyPctInterval: readonly [number, number];
  /** Of the fields that the scenario requires, where a goal was reached. */
  readonly requiredPct: number;
  readonly violations: number;
  readonly turnsMean: number;
  readonly msMean: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly violationsByRule: Readonly<Record<string, number>>;
}

export function summarise(verdicts: readonly Verdict[]): WorkflowSummary {
  const aimed = verdicts.filter(({ aim }) => aim === 'goal');
  const completed = aimed.filter(one => one.completed);
  const sum = (of: (one: Verdict) => number, among = verdicts): number =>
    among.reduce((total, one) => total + of(one), 0);
  const filled = sum(({ slots }) => slots.filled);
  const right = sum(({ slots }) => slots.right);
  const required = sum(({ slots }) => slots.required, completed);
  const violations = verdicts.flatMap(one => one.violations);
  return {
    calls: verdicts.length,
    counts: {
      aimed: aimed.length,
      completed: completed.length,
      filled,
      right,
      required,
      violations: violations.length,
    },
    completionPct: percent(completed.length, aimed.length),
    completionPctInterval: wilson(completed.length, aimed.length),
    slotAccuracyPct: percent(right, filled),
    slotAccuracyPctInterval: wilson(right, filled),
    requiredPct: percent(
      sum(({ slots }) => slots.got, completed),
      required,
    ),
    violations: violations.length,
    turnsMean: mean(
      sum(({ conversation }) => conversation.turns.length),
      verdicts.length,
    ),
    msMean: mean(
      sum(({ conversation }) => conversation.ms),
      verdicts.length,
    ),
    outcomes: countBy(verdicts, ({ conversation }) => conversation.outcome ?? conversation.endedBy),
    violationsByRule: countBy(violations, ({ rule }) => rule),
  };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.round((10_000 * part) / whole) / 100;
}

function mean(total: number, count: number): number {
  return count === 0 ? 0 : Math.round((10 * total) / count) / 10;
}
