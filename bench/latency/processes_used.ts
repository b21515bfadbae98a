import { setTimeout as delay } from 'node:timers/promises';
import type { CpuPercents } from '../sip/processes.ts';
import { CALLERS } from './dialogues.ts';

/** All calls are up and greeted. */
const SETTLED_MS = 15_000;
/** No turn is shorter: before that many have passed, no call ends. */
const LEAST_TURN_MS = 3500;

/** What processes use while the calls of a dialogue are live. */
export interface ProcessesUsed {
  readonly calls: number;
  /** Of one core, by name of the process, rounded to a tenth. */
  readonly cpuPercent: CpuPercents;
  readonly totalCpuPercent: number;
}

/** Measures from when all calls of a dialogue are under way until before the first one may end. */
export async function usedDuring(
  turnsEach: number,
  measure: () => { stop(): CpuPercents },
): Promise<ProcessesUsed> {
  await delay(SETTLED_MS);
  const measuring = measure();
  await delay(turnsEach * LEAST_TURN_MS);
  const named = Object.entries(measuring.stop()).filter(([, percent]) => percent >= 0.05);
  const total = named.reduce((sum, [, percent]) => sum + percent, 0);
  return {
    calls: CALLERS,
    cpuPercent: Object.fromEntries(named.map(([name, percent]) => [name, tenth(percent)])),
    totalCpuPercent: tenth(total),
  };
}

function tenth(percent: number): number {
  return Math.round(percent * 10) / 10;
}
