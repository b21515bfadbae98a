import { ASSUMED } from './assumptions.ts';
import { type CallNeeds, capacityOf, type NodeCapacity, needsOf } from './capacity.ts';
import type { Measured } from './measured.ts';

/** One day of one fleet. */
export interface FleetPlan {
  readonly seed: number;
  /** Calls at once that all regions together are to hold when they are busiest. */
  readonly peakCalls: number;
  readonly hours: number;
  readonly needs: CallNeeds;
  readonly capacity: NodeCapacity;
  readonly setupsPerS: number;
  readonly usPerSetup: number;
  readonly killedGapMs: Measured['killedGapMs'];
  readonly hungGapMs: Measured['hungGapMs'];
  /** Of the calls of a media process that dies. */
  readonly lostAtTakeover: number;
  /** Calls of a lost node go on in others of their region, with this gap; without it they are lost with their node. */
  readonly nodeGapP95Ms: number | undefined;
  readonly drainS: number;
  readonly nodeStartS: number;
  readonly wantedUse: number;
  readonly redialShare: number;
  readonly processFailsAfterDays: number;
  readonly nodeFailsAfterDays: number;
  readonly hasOutage: boolean;
  readonly hasUpgrade: boolean;
  /** Calls that their own region refuses go to another one. */
  readonly overflows: boolean;
}

/** As measured, where it is; a takeover loses what so many kills without a loss allow at most. */
export function planOf(measured: Measured, peakCalls: number, seed = 1): FleetPlan {
  const needs = needsOf(measured);
  return {
    seed,
    peakCalls,
    hours: 24,
    needs,
    capacity: capacityOf(measured, needs),
    setupsPerS: measured.setupsPerCoreS,
    usPerSetup: measured.usPerSetup,
    killedGapMs: measured.killedGapMs,
    hungGapMs: measured.hungGapMs,
    lostAtTakeover: measured.lostAtMostPct / 100,
    nodeGapP95Ms: measured.nodeGapP95Ms,
    drainS: ASSUMED.drainS,
    nodeStartS: ASSUMED.nodeStartS,
    wantedUse: ASSUMED.wantedUse,
    redialShare: ASSUMED.redialShare,
    processFailsAfterDays: ASSUMED.processFailsAfterDays,
    nodeFailsAfterDays: ASSUMED.nodeFailsAfterDays,
    hasOutage: true,
    hasUpgrade: true,
    overflows: true,
  };
}
