import type { Posture } from '../posture.ts';
import type { Carried } from './carried.ts';
import type { LiveKitCarried, Skipped } from './livekit.ts';

export interface DensityRuns {
  readonly own: readonly Carried[];
  readonly livekit: LiveKitCarried | Skipped;
}

export const GOALS = { pctCorePerCall: 0.45, calls: 150, mbPerCall: 3, ratio: 40 } as const;

/** The few figures that it is about. */
export interface Density {
  /** The highest number that was carried in time. */
  readonly calls: number;
  readonly pctCorePerCall: number;
  readonly mbPerCall: number;
  readonly latenessP999Ms: number;
  readonly bareTimerP999Ms: number;
  readonly lost: number;
  readonly bargeInP95Ms: number | undefined;
  readonly livekit: Pick<Density, 'calls' | 'pctCorePerCall' | 'mbPerCall'> | Skipped;
  /** How many of our calls cost what one of LiveKit's costs. */
  readonly ratio: number | undefined;
}

/** Frames may come so much later than the ticks of a bare timer. */
const MOST_LATENESS_MS = 5;

/** Whether so many calls were carried as they should be. */
export function isInTime({ latenessP999Ms, bareTimerP999Ms, lost, isSound }: Carried): boolean {
  return isSound && lost === 0 && latenessP999Ms <= bareTimerP999Ms + MOST_LATENESS_MS;
}

/** Of the highest number of calls that was carried in time; of the lowest that was tried where none was. */
export function densityOf({ own, livekit }: DensityRuns): Density {
  const { pctCorePerCall, mbPerCall, latenessP999Ms, bareTimerP999Ms, lost, bargeInP95Ms, calls } =
    bestOf(own);
  const theirs = 'skipped' in livekit ? undefined : cheapestOf(livekit.carried);
  return {
    calls,
    pctCorePerCall,
    mbPerCall,
    latenessP999Ms,
    bareTimerP999Ms,
    lost,
    bargeInP95Ms,
    livekit: theirs ?? { skipped: 'skipped' in livekit ? livekit.skipped : 'no call came about' },
    ratio: theirs && Math.round((theirs.pctCorePerCall / pctCorePerCall) * 10) / 10,
  };
}

export function meetsGoals({ calls, pctCorePerCall, mbPerCall, ratio = 0, lost }: Density): boolean {
  const isDense = pctCorePerCall <= GOALS.pctCorePerCall && mbPerCall <= GOALS.mbPerCall;
  return isDense && calls >= GOALS.calls && ratio >= GOALS.ratio && lost === 0;
}

function bestOf(own: readonly Carried[]): Carried {
  const inTime = own.findLast(isInTime);
  const first = own[0];
  if (first === undefined) throw new Error('nothing was measured');
  return inTime ?? { ...first, calls: 0 };
}

/** Of LiveKit what counts for it: the number of calls at which each costs least, and the most that were all answered. */
function cheapestOf(
  carried: readonly Carried[],
): Pick<Density, 'calls' | 'pctCorePerCall' | 'mbPerCall'> | undefined {
  const sound = carried.filter(({ isSound, lost }) => isSound && lost === 0);
  const [cheapest] = sound.toSorted((a, b) => a.pctCorePerCall - b.pctCorePerCall);
  if (cheapest === undefined) return undefined;
  const { pctCorePerCall, mbPerCall } = cheapest;
  return { calls: Math.max(...sound.map(({ calls }) => calls)), pctCorePerCall, mbPerCall };
}

/** For people: a row for each number of calls. */
export function summaryOf(runs: DensityRuns, posture: Posture): string {
  const { at, cores, cpu, node, kernel, commit } = posture;
  const theirs = 'skipped' in runs.livekit ? [] : runs.livekit.carried.map(run => row('LiveKit', run));
  return `# Whole conversations on one core

${at.slice(0, 10)}, ${cores} × ${cpu}, Node ${node}, kernel ${kernel}, commit ${commit}. Callers and scripted providers on one core, the side that is measured on another.

| | calls | % of a core for a call | MB for a call | frames late, p50 / p99 / p99.9 ms | bare timer, p99.9 ms | lost | stops after, p95 ms | in time |
|---|---|---|---|---|---|---|---|---|
${[...runs.own.map(run => row('own', run)), ...theirs].join('\n')}

Goals: ${GOALS.pctCorePerCall} % and ${GOALS.mbPerCall} MB a call, ${GOALS.calls} calls, ${GOALS.ratio} times fewer processors than LiveKit's chain. In time: no frame lost, and p99.9 within ${MOST_LATENESS_MS} ms of the bare timer.

Where ours goes, % of a core: ${runs.own.map(({ calls, cpuPercent }) => `at ${calls} calls ${shares(cpuPercent)}`).join('; ')}.
${'skipped' in runs.livekit ? `\nLiveKit: ${runs.livekit.skipped}.\n` : ''}`;
}

function row(name: string, run: Carried): string {
  const cells = [
    name,
    run.calls,
    run.pctCorePerCall,
    run.mbPerCall,
    `${run.latenessP50Ms} / ${run.latenessP99Ms} / ${run.latenessP999Ms}`,
    run.bareTimerP999Ms,
    run.lost,
    run.bargeInP95Ms ?? '–',
    isInTime(run) ? 'yes' : 'no',
  ];
  return `| ${cells.join(' | ')} |`;
}

function shares(cpuPercent: Carried['cpuPercent']): string {
  const named = Object.entries(cpuPercent).filter(([, percent]) => percent >= 0.1);
  return named.map(([name, percent]) => `${name} ${percent}`).join(', ');
}
