import { spreadOf } from '../caller/report.ts';
import type { RoundResult } from './round.ts';

export function summaryOf(rounds: readonly RoundResult[]) {
  const sum = (figure: (round: RoundResult) => number): number =>
    rounds.reduce((total, round) => total + figure(round), 0);
  return {
    kills: rounds.length,
    calls: sum(({ calls }) => calls),
    callsLost: sum(({ callsLost }) => callsLost),
    rowsLost: sum(({ rowsLost }) => rowsLost),
    doubleSpeech: sum(({ doubleSpeech }) => doubleSpeech),
    gapMs: spreadOf(rounds.flatMap(({ gapsMs }) => gapsMs)),
  };
}

/** Of one process and blow: with what so many calls allow to say of all. */
export function boundedSummaryOf(rounds: readonly RoundResult[]) {
  const { kills, calls, callsLost, rowsLost, doubleSpeech, gapMs } = summaryOf(rounds);
  return {
    kills,
    calls,
    callsLost,
    rowsLost,
    doubleSpeech,
    lostAtMostPct: atMostPercent(callsLost, calls),
    rowsLostAtMostPct: atMostPercent(rowsLost, calls),
    gapMs,
  };
}

/** Upper end of the 95 % interval of a share: where none of n was lost, 3 / n; else Wilson's. */
export function atMostPercent(lost: number, calls: number): number {
  if (lost === 0) return Math.round((300 / calls) * 100) / 100;
  const z = 1.96;
  const share = lost / calls;
  const middle = share + z ** 2 / (2 * calls);
  const spread = z * Math.sqrt((share * (1 - share)) / calls + z ** 2 / (4 * calls ** 2));
  return Math.round(((100 * (middle + spread)) / (1 + z ** 2 / calls)) * 100) / 100;
}
