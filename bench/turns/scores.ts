import type { SeededRandom } from '../caller/random.ts';
import type { Outcome } from './listening.ts';

/** One setting of a rule on one call. */
interface Tally {
  readonly turns: number;
  readonly cut: number;
  readonly ended: number;
  readonly delaySumMs: number;
}

/** One setting of a rule: what it decided in each call. */
export interface Point {
  readonly setting: number;
  readonly calls: readonly Tally[];
}

export interface Figures {
  readonly falseCutoffPct: number;
  readonly meanDelayMs: number;
}

/** Adds up what one setting decided in one call. */
export function tally(outcomes: readonly Outcome[]): Tally {
  const delays = outcomes.flatMap(({ delayMs }) => delayMs ?? []);
  return {
    turns: outcomes.length,
    cut: outcomes.filter(({ isCut }) => isCut).length,
    ended: delays.length,
    delaySumMs: delays.reduce((sum, delayMs) => sum + delayMs, 0),
  };
}

/** Over the calls with these indices, which may come more than once. */
export function figuresOf({ calls }: Point, indices: readonly number[] = [...calls.keys()]): Figures {
  let [turns, cut, ended, delaySumMs] = [0, 0, 0, 0];
  for (const index of indices) {
    const call = calls[index]!;
    turns += call.turns;
    cut += call.cut;
    ended += call.ended;
    delaySumMs += call.delaySumMs;
  }
  return { falseCutoffPct: (100 * cut) / Math.max(1, turns), meanDelayMs: delaySumMs / Math.max(1, ended) };
}

/** Share of turns cut off at a mean delay, between the settings around it; undefined where none has so short or long a one. */
export function cutoffAt(
  curve: readonly Point[],
  delayMs: number,
  indices?: readonly number[],
): number | undefined {
  const figures = curve
    .map(point => figuresOf(point, indices))
    .toSorted((one, other) => one.meanDelayMs - other.meanDelayMs);
  const after = figures.findIndex(({ meanDelayMs }) => meanDelayMs >= delayMs);
  if (after === -1) return undefined;
  const [low, high] = [figures[after - 1], figures[after]!];
  if (low === undefined) return high.meanDelayMs === delayMs ? high.falseCutoffPct : undefined;
  const way = (delayMs - low.meanDelayMs) / (high.meanDelayMs - low.meanDelayMs);
  return low.falseCutoffPct + way * (high.falseCutoffPct - low.falseCutoffPct);
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const DRAWS = 1000;

/** 95 % interval of a figure by drawing calls anew, since the turns of a caller are alike; undefined ones are left out. */
export function interval(
  calls: number,
  figureOf: (indices: readonly number[]) => number | undefined,
  random: SeededRandom,
): Interval | undefined {
  const drawn: number[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const figure = figureOf(Array.from({ length: calls }, () => random.integer(0, calls - 1)));
    if (figure !== undefined && Number.isFinite(figure)) drawn.push(figure);
  }
  if (drawn.length < DRAWS / 2) return undefined;
  drawn.sort((one, other) => one - other);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))]!;
  return { low: at(0.025), high: at(0.975) };
}
