import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, BenchOptions } from './bench.ts';
import { type Callers, talkingCallers } from './density/callers.ts';
import { type CarryPlan, carry } from './density/carried.ts';
import { nodeProviders, startProviders } from './density/providers.ts';
import { speechOf } from './density/speech.ts';
import { measureThreads, type ThreadUse } from './held/threads.ts';
import { type Held, isHeld, saturated } from './held/verdict.ts';
import { withOwnNode } from './latency/own_node.ts';
import { RECORDED_TALKER } from './latency/workflow.ts';
import type { CalledNode } from './node.ts';
import { ownApi } from './own_api.ts';

interface Plan {
  readonly ladder: readonly number[];
  readonly callsPerSecond: number;
  readonly settleMs: number;
  /** On each rung, and on the highest that holds. */
  readonly tryMs: number;
  readonly holdMs: number;
}

const MINUTES = 10;
const FULL: Plan = {
  ladder: [50, 100, 150, 200, 250, 300, 400, 500],
  callsPerSecond: 5,
  settleMs: 20_000,
  tryMs: 30_000,
  holdMs: MINUTES * 60_000,
};
const QUICK: Plan = { ladder: [10, 20], callsPerSecond: 5, settleMs: 4000, tryMs: 8000, holdMs: 20_000 };
const LISTENING_MS = { least: 8000, most: 15_000 };
const SPARE_CALLS = 16;
const STARTED_MS = 5000;
const BETWEEN_MS = 8000;

/** Calls that mostly listen, on the whole machine: the ladder is climbed to the first rung that fails, and the best one is held. */
export const bench: Bench = {
  name: 'held',
  async run(options) {
    const cores = availableParallelism();
    const callers = talkingCallers(await speechOf(options), LISTENING_MS);
    const { tried, held } = await climbed(options, callers, planOf(options));
    const failed = [...tried, ...(held === undefined ? [] : [held])].find(one => !isHeld(one));
    const best = held !== undefined && isHeld(held) ? held : undefined;
    const sum = (percents: ThreadUse): number => Object.values(percents).reduce((a, b) => a + b, 0);
    return {
      ok: best !== undefined,
      headline: {
        calls: best?.calls ?? 0,
        minutes: best === undefined ? 0 : Math.round(best.seconds / 6) / 10,
        saturates: (failed && saturated(failed, cores)) ?? 'nothing up to the highest number tried',
        failedAt: failed?.wanted,
        pctCorePerCall: best?.pctCorePerCall,
        mbPerCall: best?.mbPerCall,
        latenessP999Ms: best?.latenessP999Ms,
        bareTimerP999Ms: best?.bareTimerP999Ms,
        lost: best?.lost,
        nodePercent: best && Math.round(sum(best.cpuPercent)),
        generatorPercent: best?.generator.cpuPercent,
        isValid: best !== undefined && best.generator.invalidBecause.length === 0,
      },
      figures: { cores, tried, held },
      validity: VALIDITY,
    };
  },
};

const VALIDITY = [
  'loopback; callers, scripted providers and the node share all processors: what they use is told beside, and is in the way of calls',
  'media.processes is the default, one for each core; every stage of the pipeline, recording of every call, checkpoints and events; a model leads the talk',
  'a caller says something 8 to 15 s after the agent is quiet, and cuts into one turn in seven: mostly both listen',
  'held: all calls came up, no frame was lost, and p99.9 of lateness stays within 5 ms of a bare 10 ms timer at the same time',
  'each rung is tried for a short time; what is told was held for `minutes`; where the highest fails that, the rungs below it are held in turn',
  'saturates names the first cause with evidence at the first number that failed: a thread at 85 % of a core, a limit, all processors at 90 %, a generator that was late, admission by headroom',
];

function planOf({ quick, minutes, calls }: BenchOptions): Plan {
  const plan = quick ? QUICK : FULL;
  const ladder = calls === undefined ? plan.ladder : [Math.ceil(calls / 2), calls];
  return { ...plan, ladder, holdMs: minutes === undefined ? plan.holdMs : minutes * 60_000 };
}

async function climbed(
  options: BenchOptions,
  callers: Callers,
  plan: Plan,
): Promise<{ readonly tried: readonly Held[]; readonly held: Held | undefined }> {
  const providers = await startProviders('utterances');
  const { config, env } = nodeProviders(providers);
  const settings = {
    config: {
      media: { callsPerProcess: Math.min(512, Math.max(...plan.ladder) + SPARE_CALLS) },
      recording: { consent: 'announce' },
      logLevel: 'warn',
    },
    workflow: RECORDED_TALKER,
  };
  try {
    return await withOwnNode(options, config, env, node => climb(node, callers, plan), settings);
  } finally {
    providers.stop();
  }
}

async function climb(node: CalledNode, callers: Callers, plan: Plan) {
  const { ladder, settleMs, tryMs, holdMs, callsPerSecond } = plan;
  const tried: Held[] = [];
  await delay(STARTED_MS);
  for (const calls of ladder) {
    tried.push(await hold(node, callers, { calls, callsPerSecond, settleMs, measureMs: tryMs }));
    if (!isHeld(tried.at(-1)!)) break;
  }
  let held: Held | undefined;
  for (const { wanted: calls } of tried.filter(isHeld).toReversed()) {
    held = await hold(node, callers, { calls, callsPerSecond, settleMs, measureMs: holdMs });
    if (isHeld(held)) break;
  }
  return { tried, held };
}

async function hold({ target, pid, config }: CalledNode, callers: Callers, plan: CarryPlan): Promise<Held> {
  process.stderr.write(`${plan.calls} calls for ${plan.measureMs / 1000} s\n`);
  const before = await notAdmitted(config);
  let threads: ThreadUse = {};
  let busyRatio: Figures = {};
  let shed: Figures = {};
  const pids = pid === undefined ? [] : [pid];
  const carried = await carry({ target, pids }, callers, plan, () => {
    const measuring = pids.map(measureThreads);
    return async () => {
      threads = Object.assign({}, ...measuring.map(one => one.stop()));
      [busyRatio, shed] = await Promise.all([ofMedia(config, 'busy_ratio'), ofMedia(config, 'shed')]);
    };
  });
  const after = await notAdmitted(config);
  await delay(BETWEEN_MS);
  const turnedAway = Object.entries(after).map(([code, count]) => [code, count - (before[code] ?? 0)]);
  const asTold = { busyRatio, shed, notAdmitted: Object.fromEntries(turnedAway) };
  return { ...carried, wanted: plan.calls, threads, ...asTold };
}

type Figures = Readonly<Record<string, number>>;

/** Calls that the node has turned away so far, by the code of the error. */
function notAdmitted(config: CalledNode['config']): Promise<Figures> {
  return figuresOf(config, /^trunkline_calls_not_admitted_total\{code="(\w+)"\} (\d+)/gm);
}

/** What each media process tells of itself. */
function ofMedia(config: CalledNode['config'], name: string): Promise<Figures> {
  return figuresOf(config, new RegExp(`^trunkline_media_${name}\\{media="([\\w-]+)"\\} ([\\d.]+)`, 'gm'));
}

async function figuresOf(config: CalledNode['config'], pattern: RegExp): Promise<Figures> {
  const text = await (await ownApi(config)('/metrics')).text();
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name = '', value]) => [name, Number(value)]));
}
