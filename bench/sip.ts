import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import { providePrograms } from '../src/supervisor/programs.ts';
import { Terminal } from '../src/supervisor/terminal.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { type LiveKitPrograms, startLiveKitStack } from './livekit_peer/stack.ts';
import { startCarrier } from './sip/carrier.ts';
import { type CarryingPlan, type CarryingRun, measureCarrying } from './sip/carrying.ts';
import type { Stack } from './sip/processes.ts';
import { measureSettingUp, type SettingUpRun } from './sip/setting_up.ts';
import { figuresOf, GOALS, JUDGED_CPS, summaryOf } from './sip/summary.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** LiveKit gets as many calls as it carries without either side being short of processors. */
const FULL = {
  rounds: 3,
  own: { calls: 200, callsPerSecond: 40, settleMs: 4000, measureMs: 10_000 },
  livekit: { calls: 5, callsPerSecond: 2, settleMs: 5000, measureMs: 10_000 },
  warmUp: { callsPerSecond: JUDGED_CPS, seconds: 20 },
  settingUp: [
    { callsPerSecond: JUDGED_CPS, seconds: 20 },
    { callsPerSecond: 100, seconds: 10 },
    { callsPerSecond: 150, seconds: 10 },
  ],
} as const;
const QUICK = {
  rounds: 1,
  own: { calls: 200, callsPerSecond: 40, settleMs: 3000, measureMs: 8000 },
  livekit: { calls: 4, callsPerSecond: 2, settleMs: 4000, measureMs: 8000 },
  warmUp: { callsPerSecond: JUDGED_CPS, seconds: 20 },
  settingUp: [
    { callsPerSecond: JUDGED_CPS, seconds: 10 },
    { callsPerSecond: 100, seconds: 5 },
  ],
} as const;
interface Rate {
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** A call on its way may hold two slots for a moment; the last ones would be refused. */
const SPARE_SLOTS = 32;
/** A run in which the generator was late, or processors were stolen, is done once more. */
const ATTEMPTS = 2;

/** Setting up and carrying calls without speech work: our edge and media process against LiveKit. */
export const bench: Bench = {
  name: 'sip',
  run: async options => {
    const programs = await liveKitPrograms(options);
    const plan = options.quick ? QUICK : FULL;
    const edge: CarryingRun[] = [];
    const livekit: CarryingRun[] = [];
    for (let round = 0; round < plan.rounds; round += 1) {
      edge.push(await carry(() => startCarrier(plan.own.calls + SPARE_SLOTS), plan.own));
      livekit.push(await carry(() => startLiveKitStack(programs), plan.livekit));
    }
    const settingUp = await setUp(plan.warmUp, plan.settingUp);
    const runs = { edge, livekit, settingUp };
    const figures = figuresOf(runs);
    const all = [...edge, ...livekit, ...settingUp];
    const faults = all.flatMap(run => run.timeliness.invalidBecause);
    return {
      // Beyond the rate that is judged, calls may be refused.
      ok: [...edge, ...livekit, ...settingUp.slice(0, 1)].every(({ isSound }) => isSound),
      headline: { ...figures, isValid: faults.length === 0 },
      figures: { goals: GOALS, generatorFaults: faults, runs },
      validity: VALIDITY,
      summarise: posture => summaryOf(figures, runs, posture),
    };
  },
};

const VALIDITY = [
  'everything shares one machine and its loopback: each way’s sends pay for what the kernel does on the receiving side',
  'a call is PCMU both ways by UDP, 20 ms packets, without encryption; callers talk half of the time and hear themselves',
  'own: the edge as every node runs it, hub, and a media process with clock, phone legs and the whole pipeline, of which echo cancellation, noise suppression, level control, comfort noise and the judging of voices are switched off; an echo takes the place of conversation, recogniser and recording',
  'LiveKit: livekit-sip 1.8.0, livekit-server 1.13.5 and one @livekit/rtc-node process for all rooms that echoes; Redis and what these three use without calls are left out on its side alone',
  'LiveKit is measured at few calls because a few fill the machine; its cost for a call is taken to be the same at many',
  'CPU time is that of the processes (proc(5)); interrupts outside of them are in neither side',
  'a set-up is INVITE, ACK and BYE with 200 ms between them, the carrying of these 200 ms, and its share of what the processes use at rest; its ladder is sealed and written, but there is no database to ship it to',
];

async function liveKitPrograms({ configFile }: BenchOptions): Promise<LiveKitPrograms> {
  const config = loadConfig(resolve(configFile));
  const { livekitServer, livekitSip } = await providePrograms(
    { config, paths: nodePaths(ROOT, config), install: true },
    new Terminal(process.stderr),
    new AbortController().signal,
  );
  if (livekitServer === undefined || livekitSip === undefined)
    throw new Error('livekit.enabled and livekit.sip.enabled have to be true: LiveKit is measured against');
  return { livekitServer, livekitSip };
}

async function carry(start: () => Promise<Stack>, plan: CarryingPlan): Promise<CarryingRun> {
  return await untilValid(() => withStack(start, stack => measureCarrying(stack, plan)));
}

/** After set-ups that are not measured: code that has seldom run is slow, and nodes run for days. */
function setUp(warmUp: Rate, plans: readonly Rate[]): Promise<SettingUpRun[]> {
  const mostCalls = Math.max(...plans.map(({ callsPerSecond }) => callsPerSecond));
  return withStack(
    () => startCarrier(mostCalls),
    async stack => {
      await measureSettingUp(stack, warmUp.callsPerSecond, warmUp.seconds);
      const runs: SettingUpRun[] = [];
      for (const { callsPerSecond, seconds } of plans)
        runs.push(await untilValid(() => measureSettingUp(stack, callsPerSecond, seconds)));
      return runs;
    },
  );
}

async function withStack<T>(start: () => Promise<Stack>, measure: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await start();
  try {
    return await measure(stack);
  } finally {
    await stack.stop();
  }
}

async function untilValid<T extends CarryingRun | SettingUpRun>(measure: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const run = await measure();
    if (run.timeliness.invalidBecause.length === 0 || attempt === ATTEMPTS) return run;
  }
}
