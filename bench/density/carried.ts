import { setTimeout as delay } from 'node:timers/promises';
import { Histogram } from '../load/histogram.ts';
import { Load } from '../load/load.ts';
import { type LoadReport, reportOn } from '../load/load_report.ts';
import type { Timeliness } from '../load/watch.ts';
import { measureProcesses } from '../process_cpu.ts';
import { type BareTimer, startBareTimer } from './bare_timer.ts';
import { type Callers, CODEC } from './callers.ts';
import { memoryOfTreeMiB } from './memory.ts';

export interface CarryPlan {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly settleMs: number;
  readonly measureMs: number;
}

/** What so many calls needed while they were up. */
export interface Carried {
  readonly calls: number;
  readonly seconds: number;
  /** Of one core, by process. */
  readonly cpuPercent: Readonly<Record<string, number>>;
  readonly pctCorePerCall: number;
  readonly mbPerCall: number;
  /** Of packets on their own call's grid, as the callers got them. */
  readonly latenessP50Ms: number;
  readonly latenessP99Ms: number;
  readonly latenessP999Ms: number;
  readonly latestMs: number;
  /** Of a bare timer of 10 ms at the same time. */
  readonly bareTimerP999Ms: number;
  readonly lost: number;
  readonly bargeInP95Ms: number | undefined;
  readonly generator: Timeliness;
  readonly isSound: boolean;
  readonly wire: LoadReport;
}

/** A side that carries calls: its processes below one or several of them. */
export interface Carrier {
  readonly target: string;
  readonly pids: readonly number[];
}

/** Begins to measure something else, too; what it returns ends that. */
export type Beside = () => () => Promise<void> | void;

/** Places calls, waits until all talk, measures, hangs up. */
export async function carry(
  carrier: Carrier,
  callers: Callers,
  plan: CarryPlan,
  beside: Beside = () => () => undefined,
): Promise<Carried> {
  const lateness = new Histogram();
  const idleMiB = memoryOf(carrier);
  const load = await Load.open({
    target: carrier.target,
    codec: CODEC,
    seed: 1,
    idle: callers.idle,
    script: callers.script,
    lateness,
  });
  const bare = await startBareTimer();
  try {
    await load.place(plan);
    await delay(plan.settleMs);
    return await measure({ carrier, load, lateness, bare, idleMiB, plan, beside });
  } finally {
    bare.stop();
    load.close();
  }
}

interface Measuring {
  readonly carrier: Carrier;
  readonly load: Load;
  readonly lateness: Histogram;
  readonly bare: BareTimer;
  readonly idleMiB: number;
  readonly plan: CarryPlan;
  readonly beside: Beside;
}

async function measure({
  carrier,
  load,
  lateness,
  bare,
  idleMiB,
  plan,
  beside,
}: Measuring): Promise<Carried> {
  const calls = load.up;
  const lostBefore = lostOf(load);
  await bare.latenessP999Ms();
  lateness.reset();
  const watch = load.watch();
  const measuring = carrier.pids.map(measureProcesses);
  const endBeside = beside();
  const startedMs = performance.now();
  await delay(plan.measureMs);
  await endBeside();
  const used = measuring.flatMap(one => one.stop());
  const seconds = (performance.now() - startedMs) / 1000;
  const generator = watch.stop();
  const bareTimerP999Ms = await bare.latenessP999Ms();
  const late = (share: number): number => round(lateness.percentileMs(share));
  const [latenessP50Ms, latenessP99Ms, latenessP999Ms] = [late(0.5), late(0.99), late(0.999)];
  const latestMs = round(lateness.maxMs);
  const lost = lostOf(load) - lostBefore;
  const isUp = load.up === calls;
  const mbPerCall = round((memoryOf(carrier) - idleMiB) / calls);
  await load.hangUp();
  const wire = reportOn(load.records);
  const cpuPercent = byName(used);
  const total = Object.values(cpuPercent).reduce((sum, percent) => sum + percent, 0);
  return {
    calls,
    seconds: round(seconds),
    cpuPercent,
    pctCorePerCall: Math.round((total / calls) * 1000) / 1000,
    mbPerCall,
    latenessP50Ms,
    latenessP99Ms,
    latenessP999Ms,
    latestMs,
    bareTimerP999Ms: round(bareTimerP999Ms),
    lost,
    bargeInP95Ms: wire.stopMs?.p95,
    generator,
    isSound: isUp && calls === plan.calls && Object.keys(wire.oneWay).length === 0,
    wire,
  };
}

function memoryOf({ pids }: Carrier): number {
  return pids.reduce((sum, pid) => sum + memoryOfTreeMiB(pid), 0);
}

function lostOf(load: Load): number {
  return load.records.reduce((sum, { reception }) => sum + (reception?.lost ?? 0), 0);
}

function byName(used: ReturnType<ReturnType<typeof measureProcesses>['stop']>): Record<string, number> {
  const percents: Record<string, number> = {};
  for (const { name, cpuPercent } of used) percents[name] = round((percents[name] ?? 0) + cpuPercent);
  return percents;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
