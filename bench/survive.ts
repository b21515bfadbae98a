import { setTimeout as sleep } from 'node:timers/promises';
import { nodePaths } from '../src/config/paths.ts';
import { UpgradeFile } from '../src/supervisor/upgrade_signal.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { spreadOf } from './caller/report.ts';
import { type Callers, talkingCallers } from './density/callers.ts';
import { nodeProviders, startProviders } from './density/providers.ts';
import { speechOf } from './density/speech.ts';
import { withOwnNode } from './latency/own_node.ts';
import { RECORDED_TALKER } from './latency/workflow.ts';
import type { Load } from './load/load.ts';
import { type CalledNode, PROJECT } from './node.ts';
import { ownApi } from './own_api.ts';
import { NodeProcesses } from './survive/processes.ts';
import { type Blow, type RoundPlan, type RoundResult, strikeAmidTalk } from './survive/round.ts';
import { atMostPercent, boundedSummaryOf, summaryOf } from './survive/summary.ts';

interface Strike {
  readonly name: string;
  readonly blow: Blow;
}

interface Plan {
  readonly round: RoundPlan;
  readonly strikes: readonly Strike[];
}

const MEDIA_PROCESSES = 2;
const NAMES = ['supervisor', 'media-0', 'media-1', 'edge', 'api', 'jobs', 'redis', 'postgres'] as const;
const TIMES = 10;
/** One takeover, and a second one where the first process was not the last. */
const MOST_RESTARTS = 2;
const KILLS: Plan = {
  round: { calls: 50, callsPerSecond: 10, beforeMs: 6000, afterMs: 25_000, mostRestarts: MOST_RESTARTS },
  strikes: Array.from({ length: TIMES }, () =>
    NAMES.flatMap((name): Strike[] => [
      { name, blow: 'SIGKILL' },
      { name, blow: 'SIGSTOP' },
    ]),
  ).flat(),
};
const QUICK_KILLS: Plan = {
  round: { calls: 12, callsPerSecond: 10, beforeMs: 4000, afterMs: 6000, mostRestarts: MOST_RESTARTS },
  strikes: ['media-0', 'edge', 'supervisor', 'postgres'].map(name => ({ name, blow: 'SIGKILL' as const })),
};
const UPGRADES = 20;
const UPGRADE: Strike = { name: 'upgrade', blow: 'upgrade' };
/** Calls of this bench never end by themselves: each media process gives them on, and the one more does, too. */
const HANDED_ON = MEDIA_PROCESSES + 1;
const upgradesOf = (round: RoundPlan, times: number): Plan => ({
  round: { ...round, mostRestarts: HANDED_ON },
  strikes: Array.from({ length: times }, () => UPGRADE),
});
/** Meanwhile others call. */
const CALLS_MEANWHILE = { calls: 10, callsPerSecond: 0.5 } as const;
/** Long enough for calls to be given up in vain, and short enough for many upgrades. */
const DRAIN_S = 5;
/** A service that nobody watches over goes on after so long. */
const STOPPED_MS = 15_000;
/** Restarts close to each other are put off by the supervisor. */
const REST_MS = 3000;
const POLL_MS = 200;
const MOST_GAP_P95_MS = 1500;

/** Each process of a node is killed, and stopped, amid conversations: no call and no row may be lost. */
export const bench: Bench = {
  name: 'survive',
  async run(options) {
    const callers = talkingCallers(await speechOf(options));
    const rounds = await allRounds(options, callers, planOf(options));
    const all = summaryOf(rounds);
    // An upgrade puts others in their place, too.
    const media = summaryOf(rounds.filter(({ name }) => name.startsWith('media') || name === UPGRADE.name));
    const byProcess = Object.fromEntries(
      [...new Set(rounds.map(({ name, blow }) => `${name} ${blow}`))].map(key => [
        key,
        boundedSummaryOf(rounds.filter(({ name, blow }) => `${name} ${blow}` === key)),
      ]),
    );
    const mediaGapP95Ms = media.gapMs?.p95 ?? 0;
    return {
      ok: all.callsLost + all.rowsLost + all.doubleSpeech === 0 && mediaGapP95Ms <= MOST_GAP_P95_MS,
      headline: {
        kills: all.kills,
        calls: all.calls,
        callsLost: all.callsLost,
        rowsLost: all.rowsLost,
        mediaGapP95Ms,
        doubleSpeech: all.doubleSpeech,
        lostAtMostPct: atMostPercent(all.callsLost, all.calls),
        byProcess,
      },
      figures: { rounds: rounds.map(shown) },
      validity: VALIDITY,
    };
  },
};

const VALIDITY = [
  'loopback: no loss and no jitter of a network; callers, providers and node share the machine',
  'LiveKit’s programs are not among the processes: the node that is measured does not run them; where one does, calls that came through livekit-sip end with it',
  'a supervisor that is killed is followed by another that the process of `npm start` starts; one that is stopped is found by that process after 5 s and killed',
  'calls that are up talk, are recorded, and are led by a model; a gap is the longest time without a packet from the blow on, also of calls that the process did not carry',
  'a row is lost where a minute after the end the record of a call is not one, not completed, or has no turn or not one consent',
  'lostAtMostPct is the upper end of the 95 % interval for a share of calls (rule of three where none was lost); calls of one round are not independent',
  '`--only upgrade`: 20 upgrades to the same programs; calls are made to go on elsewhere after 5 s, ten others call meanwhile, and a gap is the longest of all that an upgrade makes',
  'a service that is only stopped, and that nobody restarts, goes on after 15 s',
];

function planOf({ quick, only, calls }: BenchOptions): Plan {
  const kills = quick ? QUICK_KILLS : KILLS;
  const round = { ...kills.round, calls: calls ?? kills.round.calls };
  if (only === UPGRADE.name) return upgradesOf(round, quick ? 1 : UPGRADES);
  const { strikes } = kills;
  return { round, strikes: strikes.filter(({ name }) => only === undefined || name === only) };
}

async function allRounds(
  options: BenchOptions,
  callers: Callers,
  { round, strikes }: Plan,
): Promise<(Strike & RoundResult)[]> {
  const providers = await startProviders('utterances');
  const { config, env } = nodeProviders(providers);
  const settings = {
    config: {
      media: { processes: MEDIA_PROCESSES, callsPerProcess: 2 * round.calls },
      recording: { consent: 'announce' },
      logLevel: 'warn',
      drainS: DRAIN_S,
    },
    workflow: RECORDED_TALKER,
  };
  const rounds: (Strike & RoundResult)[] = [];
  const run = async (node: CalledNode): Promise<void> => {
    for (const strike of strikes)
      rounds.push({ ...strike, ...(await oneRound(node, callers, round, strike)) });
  };
  try {
    await withOwnNode(options, config, env, run, settings);
  } finally {
    providers.stop();
  }
  return rounds;
}

function shown({
  name,
  blow,
  calls,
  callsLost,
  rowsLost,
  doubleSpeech,
  gapsMs,
  invalidBecause,
}: Strike & RoundResult) {
  const lost = { callsLost, rowsLost, doubleSpeech };
  return { name, blow, calls, ...lost, gapMs: spreadOf(gapsMs), invalidBecause };
}

async function oneRound(
  { target, config }: CalledNode,
  callers: Callers,
  plan: RoundPlan,
  { name, blow }: Strike,
): Promise<RoundResult> {
  const processes = new NodeProcesses(nodePaths(PROJECT, config).run);
  const pid = processes.pidOf(blow === 'upgrade' ? 'supervisor' : name);
  const strike = async (load: Load): Promise<void> => {
    if (blow === 'upgrade') {
      await Promise.all([upgraded(processes, config), load.place(CALLS_MEANWHILE)]);
      return;
    }
    process.kill(pid, blow);
    if (blow === 'SIGSTOP') {
      await sleep(Math.min(STOPPED_MS, plan.afterMs));
      goOn(pid);
    }
  };
  const result = await strikeAmidTalk(target, callers, plan, strike, () => ownApi(config));
  process.stderr.write(
    `${name} ${blow}: ${result.callsLost} calls, ${result.rowsLost} rows of ${result.calls} lost\n`,
  );
  if (blow === 'upgrade') await processes.replaced('supervisor', pid);
  if (isReplaced({ name, blow })) await processes.replaced(name, pid);
  const ready = `http://127.0.0.1:${config.http.port}/readyz`;
  while (!(await fetch(ready).catch(() => undefined))?.ok) await sleep(200);
  await sleep(REST_MS);
  return result;
}

/** Has the node put the programs that are on the disk, which are the same, into the place of its own. */
async function upgraded(processes: NodeProcesses, config: CalledNode['config']): Promise<void> {
  const file = new UpgradeFile(nodePaths(PROJECT, config).run);
  file.remove();
  process.kill(processes.pidOf('supervisor'), 'SIGUSR2');
  let now = file.read();
  while (now === undefined || now.state === 'running') {
    await sleep(POLL_MS);
    now = file.read();
  }
  if (now.state === 'failed') throw new Error(now.sentence);
}

/** A supervisor that hangs is found in less time than it is stopped for here. */
function isReplaced({ name, blow }: Strike): boolean {
  return blow === 'SIGKILL' || name === 'supervisor';
}

/** Whoever hung for too long was replaced meanwhile. */
function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It is gone.
  }
}
