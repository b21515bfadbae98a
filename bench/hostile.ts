import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KernelMemory } from '../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../pipeline/kernels/load.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench } from './bench.ts';
import { FLOOD_KINDS } from './hostile/flood.ts';
import { inspectedHeapBytes } from './hostile/inspected_heap.ts';
import { type MediaRun, runMedia } from './hostile/media_run.ts';
import { runSignalling, type SignallingRun } from './hostile/signalling_run.ts';
import { type FloodPlan, isUndisturbed, type LiveRun, liveUnder } from './hostile/under_flood.ts';
import { startCarrier } from './sip/carrier.ts';
import { freePorts } from './sip/free_ports.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const RATES = { strangers: 5000, peers: 3000, mutated: 3000, streams: 50, rtp: 5000 } as const;

interface HostilePlan {
  readonly messages: number;
  readonly packets: number;
  readonly flood: FloodPlan;
  readonly warmUpSeconds: number;
  /** Until what a flood left behind has run out. */
  readonly restMs: number;
}

const FULL: HostilePlan = {
  messages: 600_000,
  packets: 400_000,
  flood: { calls: 20, seconds: 30, perSecond: RATES },
  warmUpSeconds: 5,
  restMs: 45_000,
};
const QUICK: HostilePlan = {
  messages: 15_000,
  packets: 50_000,
  flood: { calls: 10, seconds: 2, perSecond: RATES },
  warmUpSeconds: 2,
  restMs: 34_000,
};
const SEED = 0x4057;
/** Code that runs for the first time grows the heap. */
const WARM_UP_SHARE = 0.1;
const MOST_GROWTH = 0.05;
const KERNEL_SLOTS = 2;
const ALLOWED = ['127.0.0.1/32'];

type Heaps = Readonly<Record<'edge' | 'media', number>>;

interface Floods {
  readonly runs: readonly LiveRun[];
  readonly heapBefore: Heaps;
  readonly heapAfter: Heaps;
  /** Processes that ended though nobody told them to. */
  readonly crashed: readonly string[];
}

/** Mutated messages and packets, and floods of every kind while calls are live: nothing may break, leak or be late. */
export const bench: Bench = {
  name: 'hostile',
  run: async options => {
    const plan = options.quick ? QUICK : FULL;
    const { kernels: folder } = nodePaths(ROOT, loadConfig(options.configFile));
    const kernels = await loadKernels(folder, { leg: KERNEL_SLOTS });
    const floods = await underFloods(plan, () => mutations(plan, kernels));
    const { signalling, media } = floods.mutations;
    const calm = floods.runs.filter(run => run.floods.length === 0);
    const disturbed = floods.runs.filter(run => !isUndisturbed(run, calm)).flatMap(run => run.floods);
    const growth = growthOf(floods);
    const isSound = isClean(signalling) && media.faults.length === 0 && floods.crashed.length === 0;
    return {
      ok: isSound && disturbed.length === 0 && growth.every(([, share]) => share <= MOST_GROWTH),
      headline: {
        mutated: signalling.messages + media.packets,
        faults: signalling.faults.length + media.faults.length,
        crashed: floods.crashed,
        heapGrowthPercent: Object.fromEntries(growth.map(([name, share]) => [name, percent(share)])),
        disturbed,
      },
      figures: { ...floods },
      validity: VALIDITY,
    };
  },
};

const VALIDITY = [
  'the edge as every node runs it, hub, and a media process in which an echo takes the place of conversation and recognition; everything shares one machine and its loopback with the flooder and the callers',
  'memory is what is alive on the heaps (inspector, after a collection), after a first round of floods against after the second, with the same rest; resident memory is told beside it',
  'a run is judged only where the callers themselves were on time; `generator` says so',
  'strangers flood from a hundred addresses that no trunk knows, peers from the address that calls',
];

interface Mutations {
  readonly signalling: SignallingRun;
  readonly media: MediaRun;
}

function mutations({ messages, packets }: HostilePlan, kernels: KernelMemory): Mutations {
  runSignalling(messages * WARM_UP_SHARE, SEED - 1);
  runMedia(packets * WARM_UP_SHARE, SEED - 1, kernels);
  return { signalling: runSignalling(messages, SEED), media: runMedia(packets, SEED, kernels) };
}

function isClean({ faults, left }: SignallingRun): boolean {
  return faults.length === 0 && left.sessions + left.transactions + left.alarms === 0;
}

/** `meanwhile` is done in the rest after the floods, when nothing is measured. */
async function underFloods(
  { flood: plan, warmUpSeconds, restMs }: HostilePlan,
  meanwhile: () => Mutations,
): Promise<Floods & { readonly mutations: Mutations }> {
  const [edge = 0, media = 0] = await freePorts(2);
  // Beside the live calls there is no slot: what floods call finds the node full.
  const stack = await startCarrier(plan.calls, {
    allowedAddresses: ALLOWED,
    inspectorPorts: { edge, media },
  });
  const heaps = async (): Promise<Heaps> => ({
    edge: await inspectedHeapBytes(edge),
    media: await inspectedHeapBytes(media),
  });
  try {
    await liveUnder(FLOOD_KINDS, stack, { ...plan, seconds: warmUpSeconds });
    await delay(restMs);
    const heapBefore = await heaps();
    const runs: LiveRun[] = [];
    for (const floods of [[], ...FLOOD_KINDS.map(kind => [kind]), []])
      runs.push(await liveUnder(floods, stack, plan));
    const rested = delay(restMs);
    const mutated = meanwhile();
    await rested;
    return {
      runs,
      heapBefore,
      heapAfter: await heaps(),
      crashed: stack.processes.ended(),
      mutations: mutated,
    };
  } finally {
    await stack.stop();
  }
}

function growthOf({ heapBefore, heapAfter }: Floods): readonly (readonly ['edge' | 'media', number])[] {
  return (['edge', 'media'] as const).map(name => [name, heapAfter[name] / heapBefore[name] - 1]);
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
