import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Bench, BenchOptions } from './bench.ts';
import { startBareTimer } from './density/bare_timer.ts';
import { CODEC, talkingCallers } from './density/callers.ts';
import { type Cores, coresOfBoth, pin } from './density/pinning.ts';
import { nodeProviders, startProviders } from './density/providers.ts';
import { speechOf } from './density/speech.ts';
import { withOwnNode } from './latency/own_node.ts';
import { RECORDED_TALKER } from './latency/workflow.ts';
import { Histogram } from './load/histogram.ts';
import { Load } from './load/load.ts';
import { reportOn } from './load/load_report.ts';
import type { CalledNode } from './node.ts';
import { heldByName } from './soak/sample.ts';
import { judge, type Sample } from './soak/summary.ts';

interface Plan {
  readonly calls: number;
  /** Each call is held for so long, and followed by another. */
  readonly holdMs: number;
  readonly soakMs: number;
  readonly sampleEveryMs: number;
}

/** 60 % of what one core carried in the bench `density` at the last look, unless a number is named. */
const CALLS = 60;
const MINUTES = 120;
const QUICK: Plan = { calls: 12, holdMs: 12_000, soakMs: 90_000, sampleEveryMs: 2500 };
const SPARE_CALLS = 16;
const PROBE = pathToFileURL(fileURLToPath(new URL('soak/probe.mjs', import.meta.url))).href;

/** Calls come and go for hours: what grows, and how certain that is. */
export const bench: Bench = {
  name: 'soak',
  async run(options) {
    const plan = planOf(options);
    const cores = coresOfBoth();
    if (cores !== undefined) pin(process.pid, cores.callers);
    const callers = talkingCallers(await speechOf(options));
    const run = await soaked(options, callers, plan, cores);
    const { wire, generator, samples } = run;
    const verdict = judge(samples, plan.soakMs);
    const answered = wire.outcomes.answered ?? 0;
    return {
      ok: answered === wire.calls && (options.quick || verdict.growing.length === 0),
      headline: {
        calls: wire.calls,
        atOnce: plan.calls,
        minutes: Math.round(plan.soakMs / 6000) / 10,
        unanswered: wire.calls - answered,
        growing: verdict.growing,
        isValid: generator.invalidBecause.length === 0,
        slopes: verdict.slopes,
      },
      figures: { plan, cores, generator, wire, samples },
      validity: VALIDITY,
    };
  },
};

const VALIDITY = [
  'loopback, one media process, callers and providers on other processors than the node where there are two',
  'a slope is of least squares through the means of 20 stretches, the first fifth of the run left out; its 95 % interval is Student’s',
  'a figure grows where even the lower end of the interval comes to more than 5 % of its mean over the run, and more than noise of a few descriptors, timers or 4 MiB',
  'memory is proportional (Pss); timers and handles are those of main threads that keep a process alive; those of the talk thread show in memory and descriptors alone',
  'in 90 seconds caches and compilers still grow: the slopes of a quick run are printed and not judged',
];

function planOf({ quick, minutes, calls }: BenchOptions): Plan {
  if (quick) return { ...QUICK, calls: calls ?? QUICK.calls };
  const soakMs = (minutes ?? MINUTES) * 60_000;
  return { calls: calls ?? CALLS, holdMs: 60_000, soakMs, sampleEveryMs: Math.max(5000, soakMs / 720) };
}

async function soaked(
  options: BenchOptions,
  callers: ReturnType<typeof talkingCallers>,
  plan: Plan,
  cores: Cores | undefined,
) {
  const providers = await startProviders('utterances');
  const probeFolder = await mkdtemp(join(tmpdir(), 'soak-'));
  const { config, env } = nodeProviders(providers);
  const settings = {
    config: {
      media: { processes: 1, callsPerProcess: plan.calls + SPARE_CALLS },
      recording: { consent: 'announce' },
      logLevel: 'warn',
    },
    workflow: RECORDED_TALKER,
    ...(cores !== undefined && { cores: cores.node }),
  };
  const probed = { ...env, SOAK_PROBE_FOLDER: probeFolder, NODE_OPTIONS: `--import=${PROBE}` };
  try {
    return await withOwnNode(
      options,
      config,
      probed,
      node => churn(node, callers, plan, probeFolder),
      settings,
    );
  } finally {
    providers.stop();
    await rm(probeFolder, { recursive: true, force: true });
  }
}

/** As many calls at a time as the plan has, each followed by another. */
async function churn(
  { target, pid }: CalledNode,
  callers: ReturnType<typeof talkingCallers>,
  { calls, holdMs, soakMs, sampleEveryMs }: Plan,
  probeFolder: string,
) {
  const lateness = new Histogram();
  const { idle, script } = callers;
  const load = await Load.open({ target, codec: CODEC, seed: 1, idle, script, lateness, holdMs });
  const bare = await startBareTimer();
  try {
    const watch = load.watch();
    const callsPerSecond = (calls * 1000) / holdMs;
    const startedMs = performance.now();
    const placed = load.place({ calls: Math.ceil((soakMs * callsPerSecond) / 1000), callsPerSecond });
    const samples: Sample[] = [];
    while (performance.now() - startedMs < soakMs) {
      lateness.reset();
      await bare.latenessP999Ms();
      await delay(sampleEveryMs);
      samples.push({
        atMs: Math.round(performance.now() - startedMs),
        calls: load.up,
        latenessP99Ms: lateness.percentileMs(0.99),
        bareTimerP999Ms: await bare.latenessP999Ms(),
        byProcess: pid === undefined ? {} : heldByName(pid, probeFolder),
      });
    }
    const generator = watch.stop();
    await placed;
    await load.ended();
    return { generator, samples, wire: reportOn(load.records) };
  } finally {
    bare.stop();
    load.close();
  }
}
