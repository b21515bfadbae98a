import type { Posture } from '../posture.ts';
import type { CarryingRun } from './carrying.ts';
import type { SettingUpRun } from './setting_up.ts';

/** The figures that the bench is about. CPU in percent of one core, and all of a way's processes together. */
export interface SipFigures {
  /** At the highest rate at which every call was answered; what the processes use at rest is in it. */
  readonly cpsPerCore: number;
  readonly usPerSetup: number;
  readonly setupP95Ms: number;
  readonly usPerRtpPacket: number;
  readonly pctCorePerCall: { readonly edge: number; readonly livekit: number };
  readonly ratio: number;
}

export interface SipRuns {
  readonly edge: readonly CarryingRun[];
  readonly livekit: readonly CarryingRun[];
  readonly settingUp: readonly SettingUpRun[];
}

export const GOALS = { ratio: 40, cpsPerCore: 150, setupP95Ms: 20 } as const;
/** At which the set-up time is judged. */
export const JUDGED_CPS = 50;

/** Medians over the runs. What LiveKit uses without calls is taken off its side; on ours it counts. */
export function figuresOf({ edge, livekit, settingUp }: SipRuns): SipFigures {
  const edgePercent = median(edge.map(({ busyPercent, calls }) => busyPercent / calls));
  const livekitPercent = median(
    livekit.map(({ busyPercent, idlePercent, calls }) => (busyPercent - idlePercent) / calls),
  );
  const judged = settingUp.filter(({ callsPerSecond }) => callsPerSecond === JUDGED_CPS);
  const sound = settingUp.filter(({ isSound }) => isSound);
  const fastest = sound.toSorted((a, b) => a.callsPerSecond - b.callsPerSecond).at(-1);
  const usPerSetup = fastest?.usPerSetup ?? Number.NaN;
  return {
    cpsPerCore: round(1e6 / usPerSetup, 0),
    usPerSetup: round(usPerSetup, 0),
    setupP95Ms: median(judged.map(({ wire }) => wire.setupMs?.p95 ?? Number.NaN)),
    usPerRtpPacket: round(
      median(edge.map(({ busy, seconds, packets }) => ((busy.media ?? 0) * 1e4 * seconds) / packets)),
      2,
    ),
    pctCorePerCall: { edge: round(edgePercent, 3), livekit: round(livekitPercent, 2) },
    ratio: round(livekitPercent / edgePercent, 1),
  };
}

/** What a reader sees first. */
export function summaryOf(figures: SipFigures, runs: SipRuns, posture: Posture): string {
  const { pctCorePerCall, ratio, cpsPerCore, usPerSetup, setupP95Ms, usPerRtpPacket } = figures;
  return `# Carrying calls: our own SIP and RTP against LiveKit

${posture.at.slice(0, 10)}, ${posture.cores} × ${posture.cpu}, Node ${posture.node}, kernel ${posture.kernel}, commit ${posture.commit}.

| | own | livekit-sip, livekit-server and peer | goal |
|---|---|---|---|
| % of a core for a call | ${pctCorePerCall.edge} | ${pctCorePerCall.livekit} | |
| times less | ${ratio} | | ${GOALS.ratio} |
| set-ups a second and core | ${cpsPerCore} (${usPerSetup} µs each) | | ${GOALS.cpsPerCore} |
| set-up, p95 at ${JUDGED_CPS} a second | ${setupP95Ms} ms | | ${GOALS.setupP95Ms} ms |
| a packet of RTP in the media process | ${usPerRtpPacket} µs | | |

## Runs, in the order in which they alternated

| way | calls | % of a core by process | without calls | set-up p50 | round trip of a marker | lost | longest gap | generator late, p99 |
|---|---|---|---|---|---|---|---|---|
${alternating(runs)
  .map(([way, run]) => carryingRow(way, run))
  .join('\n')}

| calls a second | calls | answered | % of a core by process | µs for one | set-up p50 / p95 / p99 |
|---|---|---|---|---|---|
${runs.settingUp.map(settingUpRow).join('\n')}
`;
}

function alternating({ edge, livekit }: SipRuns): [string, CarryingRun][] {
  return edge.flatMap((own, i): [string, CarryingRun][] => {
    const other = livekit[i];
    return other === undefined
      ? [['own', own]]
      : [
          ['own', own],
          ['LiveKit', other],
        ];
  });
}

function carryingRow(way: string, { calls, busy, idlePercent, wire, timeliness }: CarryingRun): string {
  const { setupMs, markers, received } = wire;
  return row([
    way,
    calls,
    byProcess(busy),
    round(idlePercent, 1),
    `${setupMs?.p50 ?? '–'} ms`,
    `${markers?.delayMs?.p50 ?? '–'} ms`,
    received.lost,
    `${received.longestGapMs} ms`,
    `${timeliness.lateP99Ms} ms`,
  ]);
}

function settingUpRow({ callsPerSecond, calls, busy, usPerSetup, wire }: SettingUpRun): string {
  const { p50, p95, p99 } = wire.setupMs ?? { p50: '–', p95: '–', p99: '–' };
  return row([
    callsPerSecond,
    calls,
    wire.outcomes.answered ?? 0,
    byProcess(busy),
    round(usPerSetup, 0),
    `${p50} / ${p95} / ${p99} ms`,
  ]);
}

function byProcess(percents: Readonly<Record<string, number>>): string {
  return Object.entries(percents)
    .map(([name, percent]) => `${name} ${round(percent, 1)}`)
    .join(', ');
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
