import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Load } from '../load/load.ts';
import { reportOn } from '../load/load_report.ts';
import type { Timeliness } from '../load/watch.ts';
import { RTP_PORTS } from '../sip/carrier.ts';
import { talkAndMark } from '../sip/carrying.ts';
import type { CpuPercents, Stack } from '../sip/processes.ts';
import { CODECS } from '../wire/codec.ts';
import { parseSipUri } from '../wire/sip_uri.ts';
import type { FloodKind, FloodOrder, FloodReport } from './flood.ts';

const FLOODER = fileURLToPath(new URL('flooder.ts', import.meta.url));
/** The caller is let in, everybody else on the loopback is a stranger. */
const PEER = '127.0.0.1';
/** From the last answer until it is measured. */
const SETTLE_MS = 2000;
const MOST_TRIES = 5;

export interface FloodPlan {
  readonly calls: number;
  readonly seconds: number;
  /** Messages, packets or connections. */
  readonly perSecond: Readonly<Record<FloodKind, number>>;
}

/** How the live calls fared, and what it cost. */
export interface LiveRun {
  /** One after the other; none is the calm. */
  readonly floods: readonly FloodKind[];
  readonly flooded: readonly FloodReport[];
  readonly calls: number;
  readonly answered: number;
  /** Of tries that came to nothing, by status. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly endedByTarget: number;
  readonly packets: number;
  readonly lost: number;
  /** Packets 60 ms and more behind their stream, and times of 60 ms and more without one. */
  readonly late: number;
  readonly gaps: number;
  readonly longestGapMs: number;
  /** RFC 3550 §6.4.1, the most of each call. */
  readonly jitterP95Ms: number | undefined;
  readonly oneWay: number;
  readonly cpu: CpuPercents;
  readonly residentMiB: Readonly<Record<string, number>>;
  readonly generator: Timeliness;
}

/** Calls that talk and hear themselves while the node is flooded, or while it is not. */
export async function liveUnder(
  floods: readonly FloodKind[],
  stack: Stack,
  plan: FloodPlan,
): Promise<LiveRun> {
  const load = await Load.open({
    target: stack.target,
    codec: CODECS.PCMU,
    seed: 1,
    localHost: PEER,
    script: talkAndMark,
    keepsTrack: index => index === 0,
  });
  try {
    await placeAll(load, plan.calls);
    const answered = load.up;
    await delay(SETTLE_MS);
    const watch = load.watch();
    const measuring = stack.processes.measure();
    const flooded: FloodReport[] = [];
    for (const flood of floods) flooded.push(await runFlood(orderOf(flood, stack, plan)));
    if (floods.length === 0) await delay(plan.seconds * 1000);
    const cpu = measuring.stop();
    const generator = watch.stop();
    await load.hangUp();
    const { received, oneWay, statuses, endedByTarget } = reportOn(load.records);
    const { packets, lost, late, gaps, longestGapMs, jitterMs } = received;
    return {
      floods,
      flooded,
      calls: plan.calls,
      answered,
      refusals: statuses,
      endedByTarget,
      packets,
      lost,
      late,
      gaps,
      longestGapMs,
      jitterP95Ms: jitterMs?.p95,
      oneWay: Object.keys(oneWay).length,
      cpu,
      residentMiB: stack.processes.residentMiB(),
      generator,
    };
  } finally {
    load.close();
  }
}

/** One that finds the node full for a moment calls again, as phones do. */
async function placeAll(load: Load, calls: number): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES && load.up < calls; tries += 1)
    await load.place({ calls: calls - load.up, callsPerSecond: 10 });
}

/** Packets of a hundred that may be later than in the calm before anybody is disturbed. */
const MOST_LATE_PERCENT = 0.1;
const MOST_JITTER_MS = 5;

/**
 * Whether live calls fared as well as those of the calm: all were answered and stayed, nothing was lost, hardly anything
 * later. Of a run in which the callers themselves were late, only the former is told.
 */
export function isUndisturbed(run: LiveRun, calm: readonly LiveRun[]): boolean {
  const stayed = run.answered === run.calls && run.endedByTarget === 0 && run.oneWay === 0;
  if (run.generator.invalidBecause.length > 0) return stayed;
  const worst = (figure: (one: LiveRun) => number): number => Math.max(0, ...calm.map(figure));
  const isOnTime =
    latePercent(run) <= worst(latePercent) + MOST_LATE_PERCENT &&
    (run.jitterP95Ms ?? 0) <= worst(({ jitterP95Ms = 0 }) => jitterP95Ms) + MOST_JITTER_MS;
  return stayed && run.lost <= worst(({ lost }) => lost) && isOnTime;
}

function latePercent({ late, packets }: LiveRun): number {
  return packets === 0 ? 0 : (late / packets) * 100;
}

function orderOf(kind: FloodKind, { target }: Stack, { seconds, perSecond }: FloodPlan): FloodOrder {
  const { port = 5060 } = parseSipUri(target);
  return { kind, port, rtpPorts: RTP_PORTS, seconds, perSecond: perSecond[kind] };
}

/** From a process of its own, so that the calls are measured on time. */
export async function runFlood(order: FloodOrder): Promise<FloodReport> {
  const child = spawn(process.execPath, [FLOODER, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the flood of ${order.kind} ended with ${code}`);
  const report: FloodReport = JSON.parse(said);
  return report;
}
