import { setTimeout as delay } from 'node:timers/promises';
import type { BenchOptions } from '../bench.ts';
import { withOwnNode } from '../latency/own_node.ts';
import { RECORDED_TALKER } from '../latency/workflow.ts';
import type { Callers } from './callers.ts';
import { type Carried, type CarryPlan, carry } from './carried.ts';
import type { Cores } from './pinning.ts';
import { nodeProviders, startProviders } from './providers.ts';
import { isInTime } from './summary.ts';

/** Programs are still busy with their start when they are ready. */
const STARTED_MS = 5000;
/** Of calls that are over, everything is written down and let go. */
const BETWEEN_MS = 8000;
/** A node that has been up for some time has its code compiled and its caches filled. */
const WARM_UP: CarryPlan = { calls: 40, callsPerSecond: 5, settleMs: 90_000, measureMs: 10_000 };
/** Calls on their way hold slots for a moment. */
const SPARE_CALLS = 16;

/**
 * A node of our own with one media process, everything switched on, carries one number of calls after the other, up to the
 * first that it does not carry in time.
 */
export async function measureOwn(
  options: BenchOptions,
  callers: Callers,
  plans: readonly CarryPlan[],
  cores: Cores | undefined,
): Promise<readonly Carried[]> {
  const providers = await startProviders('utterances');
  const { config, env } = nodeProviders(providers);
  const callsPerProcess = Math.max(...plans.map(({ calls }) => calls)) + SPARE_CALLS;
  const settings = {
    config: {
      media: { processes: 1, callsPerProcess },
      recording: { consent: 'announce' },
      logLevel: 'warn',
    },
    workflow: RECORDED_TALKER,
    ...(cores !== undefined && { cores: cores.node }),
  };
  try {
    return await withOwnNode(
      options,
      config,
      env,
      async ({ target, pid }) => {
        const carrier = { target, pids: pid === undefined ? [] : [pid] };
        const carried: Carried[] = [];
        await delay(STARTED_MS);
        if (!options.quick) {
          process.stderr.write('warming up\n');
          await carry(carrier, callers, WARM_UP);
          await delay(BETWEEN_MS);
        }
        for (const plan of plans) {
          process.stderr.write(`${plan.calls} calls\n`);
          const one = await carry(carrier, callers, plan);
          carried.push(one);
          await delay(BETWEEN_MS);
          if (!isInTime(one)) break;
        }
        return carried;
      },
      settings,
    );
  } finally {
    providers.stop();
  }
}
