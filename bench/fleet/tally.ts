/** Why a call was not taken. */
export type RefusedWhy = 'CAPACITY' | 'OVERLOADED' | 'DRAINING' | 'SPOOL_FULL' | 'RATE' | 'unreachable';

/** What cut a call off. */
export type LostBy = 'process' | 'node' | 'region' | 'drain';

/** The fleet at one moment. */
export interface Sample {
  readonly atS: number;
  readonly calls: number;
  /** Calls that the nodes that take calls have room for, used or not. */
  readonly slots: number;
  readonly nodes: number;
  readonly coresUsed: number;
  readonly callsByRegion: readonly number[];
  readonly slotsByRegion: readonly number[];
  /** Since the sample before. */
  readonly refused: number;
  readonly lost: number;
}

export interface Failure {
  readonly atS: number;
  readonly what: LostBy;
  readonly calls: number;
  readonly lost: number;
}

/** Counts of a day: every attempt is carried to its own end, lost or refused, once. */
export class Tally {
  fresh = 0;
  redials = 0;
  setups = 0;
  carried = 0;
  /** Of those carried, by another region than their own. */
  elsewhere = 0;
  /** Who got nowhere and does not call again. */
  gaveUp = 0;
  callSeconds = 0;
  nodeSeconds = 0;
  peakCalls = 0;
  peakNodes = 0;
  peakCoresUsed = 0;
  coreSeconds = 0;
  /** The fullest that a media process, and a node's cores, ever were. */
  fullestProcess = 0;
  fullestNodeCores = 0;
  upgraded = 0;
  readonly refused: Record<RefusedWhy, number> = {
    CAPACITY: 0,
    OVERLOADED: 0,
    DRAINING: 0,
    SPOOL_FULL: 0,
    RATE: 0,
    unreachable: 0,
  };
  readonly lost: Record<LostBy, number> = { process: 0, node: 0, region: 0, drain: 0 };
  readonly takeoverGapsMs: number[] = [];
  readonly failures: Failure[] = [];
  readonly samples: Sample[] = [];

  /** The fleet as it is now. */
  add(sample: Sample): void {
    const sinceS = sample.atS - (this.samples.at(-1)?.atS ?? sample.atS);
    this.samples.push(sample);
    this.coreSeconds += sample.coresUsed * sinceS;
    this.peakCalls = Math.max(this.peakCalls, sample.calls);
    this.peakNodes = Math.max(this.peakNodes, sample.nodes);
    this.peakCoresUsed = Math.max(this.peakCoresUsed, sample.coresUsed);
  }

  get attempts(): number {
    return this.fresh + this.redials;
  }

  get refusedInAll(): number {
    return sumOf(Object.values(this.refused));
  }

  get lostInAll(): number {
    return sumOf(Object.values(this.lost));
  }
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
