import { readFileSync } from 'node:fs';
import { cpuUsage } from 'node:process';
import type { Pacer } from './pacer.ts';

/** How well the generator itself kept time: beyond these bounds its figures are about itself. */
export interface Timeliness {
  /** Of the packets against the clock. */
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  readonly latestMs: number;
  /** 2 ms slots of the wheel given up after stalls. */
  readonly skippedSlots: number;
  /** Of this machine's processors by its host (proc(5), steal); undefined where the system does not tell. */
  readonly stolenPercent: number | undefined;
  /** Of one core, by this process. */
  readonly cpuPercent: number;
  /** Empty: the figures stand. */
  readonly invalidBecause: readonly string[];
}

export interface Watch {
  stop(): Timeliness;
}

const MOST_LATE_P99_MS = 5;
const MOST_STOLEN_PERCENT = 2;

export function watchGenerator(pacer: Pacer): Watch {
  pacer.lateness.reset();
  const skippedBefore = pacer.skippedSlots;
  const timesBefore = processorTimes();
  const usedBefore = cpuUsage();
  const startedMs = performance.now();
  return {
    stop: () => {
      const { user, system } = cpuUsage(usedBefore);
      const elapsedMs = performance.now() - startedMs;
      const figures = {
        lateP50Ms: round(pacer.lateness.percentileMs(0.5)),
        lateP99Ms: round(pacer.lateness.percentileMs(0.99)),
        latestMs: round(pacer.lateness.maxMs),
        skippedSlots: pacer.skippedSlots - skippedBefore,
        stolenPercent: stolenSince(timesBefore),
        cpuPercent: round((user + system) / 10 / elapsedMs),
      };
      return { ...figures, invalidBecause: faultsOf(figures) };
    },
  };
}

function faultsOf({
  lateP99Ms,
  skippedSlots,
  stolenPercent = 0,
}: Pick<Timeliness, 'lateP99Ms' | 'skippedSlots' | 'stolenPercent'>): string[] {
  return [
    ...(lateP99Ms > MOST_LATE_P99_MS
      ? [`its packets were late: p99 ${lateP99Ms} ms, at most ${MOST_LATE_P99_MS}`]
      : []),
    ...(skippedSlots > 0 ? ['it stalled for more than 200 ms'] : []),
    ...(stolenPercent > MOST_STOLEN_PERCENT
      ? [`${stolenPercent} % of the processors were stolen, at most ${MOST_STOLEN_PERCENT}`]
      : []),
  ];
}

interface ProcessorTimes {
  readonly total: number;
  readonly stolen: number;
}

/** The first line of /proc/stat: ticks in user, nice, system, idle, iowait, irq, softirq and steal. */
function processorTimes(): ProcessorTimes | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
    const ticks = line.split(/ +/).slice(1, 9).map(Number);
    return { total: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 };
  } catch {
    return undefined;
  }
}

function stolenSince(before: ProcessorTimes | undefined): number | undefined {
  const after = processorTimes();
  if (before === undefined || after === undefined || after.total === before.total) return undefined;
  return round(((after.stolen - before.stolen) / (after.total - before.total)) * 100);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
