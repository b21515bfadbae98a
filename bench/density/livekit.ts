import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchOptions } from '../bench.ts';
import { findLiveKitParts, type LiveKitParts } from '../latency/livekit/parts.ts';
import { startAgentStack } from '../latency/livekit/stack.ts';
import { GREETING } from '../latency/workflow.ts';
import { processTree } from '../process_cpu.ts';
import type { Callers } from './callers.ts';
import { type Carried, type CarryPlan, carry } from './carried.ts';
import { type Cores, pin } from './pinning.ts';
import { startProviders } from './providers.ts';

export interface LiveKitCarried {
  readonly versions: LiveKitParts['versions'];
  readonly carried: readonly Carried[];
}

export interface Skipped {
  /** Why. */
  readonly skipped: string;
}

const STARTED_MS = 5000;
/** Its processes of calls that are over go. */
const BETWEEN_MS = 6000;

/** The same callers, providers and processor for livekit-sip, livekit-server and a worker of LiveKit Agents. */
export async function measureLiveKit(
  options: BenchOptions,
  callers: Callers,
  plans: readonly CarryPlan[],
  cores: Cores | undefined,
): Promise<LiveKitCarried | Skipped> {
  if (options.withoutLiveKit) return { skipped: 'not wanted' };
  const folder = await mkdtemp(join(tmpdir(), 'density-livekit-'));
  const providers = await startProviders('line');
  try {
    const { programs, versions } = await findLiveKitParts(options.configFile);
    const greeting = GREETING.join(' ');
    const stack = await startAgentStack(programs, providers, { turnDetection: 'pause', greeting, folder });
    try {
      const pids = stack.processes.pids();
      if (cores !== undefined) for (const pid of pids.flatMap(processTree)) pin(pid, cores.node);
      await delay(STARTED_MS);
      const carried: Carried[] = [];
      for (const plan of plans) {
        process.stderr.write(`LiveKit: ${plan.calls} calls\n`);
        carried.push(await carry({ target: stack.target, pids }, callers, plan));
        await delay(BETWEEN_MS);
      }
      return { versions, carried };
    } finally {
      await stack.stop();
    }
  } catch (error) {
    return { skipped: error instanceof Error ? error.message : String(error) };
  } finally {
    providers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
