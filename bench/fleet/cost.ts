import { ASSUMED, PRICES } from './assumptions.ts';
import type { CallNeeds } from './capacity.ts';
import type { Tally } from './tally.ts';

const HOUR_S = 3600;
const GB = 1e9;
const MONTH_DAYS = 30;

export interface Cost {
  readonly nodesUsd: number;
  readonly egressUsd: number;
  readonly storageUsd: number;
  readonly usdPer1000Calls: number;
  readonly usdPerMinute: number;
  /** Of the minutes that were talked, with machines alone. */
  readonly nodesUsdPerMinute: number;
}

/** What the day cost, by list prices. Minutes of calls that were cut off are paid for, too. */
export function costOf(tally: Tally, needs: CallNeeds): Cost {
  const minutes = tally.callSeconds / 60;
  const nodesUsd = (tally.nodeSeconds / HOUR_S) * PRICES.node.usd;
  const egressUsd = ((tally.callSeconds * needs.kbitsOut * 1000) / 8 / GB) * PRICES.egress.usd;
  const keptMonths = ASSUMED.recordingsKeptDays / MONTH_DAYS;
  const storageUsd = ((tally.callSeconds * needs.recordingBytesPerS) / GB) * keptMonths * PRICES.storage.usd;
  const usd = nodesUsd + egressUsd + storageUsd;
  return {
    nodesUsd: rounded(nodesUsd, 2),
    egressUsd: rounded(egressUsd, 2),
    storageUsd: rounded(storageUsd, 2),
    usdPer1000Calls: rounded((usd / tally.carried) * 1000, 3),
    usdPerMinute: rounded(usd / minutes, 6),
    nodesUsdPerMinute: rounded(nodesUsd / minutes, 6),
  };
}

export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
