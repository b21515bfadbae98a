import { type Cost, costOf, rounded } from './cost.ts';
import type { FleetPlan } from './plan.ts';
import type { LostBy, RefusedWhy, Tally } from './tally.ts';

interface TakeoverSeconds {
  readonly calls: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly most: number | undefined;
}

/** A day in figures. */
export interface Outcome {
  readonly callers: number;
  readonly attempts: number;
  readonly carried: number;
  readonly elsewhere: number;
  readonly refused: number;
  readonly refusedBy: Readonly<Record<RefusedWhy, number>>;
  readonly lost: number;
  readonly lostBy: Readonly<Record<LostBy, number>>;
  /** Callers who got nowhere, or were cut off, and did not call again; of all callers in per cent. */
  readonly gaveUp: number;
  readonly gaveUpPct: number;
  readonly peakCalls: number;
  readonly peakNodes: number;
  readonly meanNodes: number;
  readonly peakCoresUsed: number;
  readonly meanCoresUsed: number;
  /** Of the cores that were paid for. */
  readonly coresUsedPct: number;
  readonly fullestProcess: number;
  readonly fullestNodeCores: number;
  readonly takeoverSeconds: TakeoverSeconds;
  readonly processDeaths: number;
  readonly nodesLost: number;
  readonly upgraded: number;
  readonly cost: Cost;
}

const HOUR_S = 3600;

export function outcomeOf(tally: Tally, plan: FleetPlan): Outcome {
  const daySeconds = plan.hours * HOUR_S;
  const meanNodes = tally.nodeSeconds / daySeconds;
  const meanCoresUsed = tally.coreSeconds / daySeconds;
  const happened = (what: LostBy): number => tally.failures.filter(failure => failure.what === what).length;
  return {
    callers: tally.fresh,
    attempts: tally.attempts,
    carried: tally.carried,
    elsewhere: tally.elsewhere,
    refused: tally.refusedInAll,
    refusedBy: tally.refused,
    lost: tally.lostInAll,
    lostBy: tally.lost,
    gaveUp: tally.gaveUp,
    gaveUpPct: rounded((100 * tally.gaveUp) / tally.fresh, 3),
    peakCalls: tally.peakCalls,
    peakNodes: tally.peakNodes,
    meanNodes: rounded(meanNodes, 1),
    peakCoresUsed: rounded(tally.peakCoresUsed, 1),
    meanCoresUsed: rounded(meanCoresUsed, 1),
    coresUsedPct: rounded((100 * meanCoresUsed) / (meanNodes * plan.capacity.cores), 1),
    fullestProcess: tally.fullestProcess,
    fullestNodeCores: rounded(tally.fullestNodeCores, 2),
    takeoverSeconds: spreadOf(tally.takeoverGapsMs),
    processDeaths: happened('process'),
    nodesLost: happened('node'),
    upgraded: tally.upgraded,
    cost: costOf(tally, plan.needs),
  };
}

function spreadOf(gapsMs: readonly number[]): TakeoverSeconds {
  const sorted = gapsMs.toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => {
    const gapMs = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return gapMs === undefined ? undefined : rounded(gapMs / 1000, 3);
  };
  return { calls: sorted.length, p50: at(0.5), p95: at(0.95), most: at(1) };
}
