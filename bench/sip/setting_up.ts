import { Load } from '../load/load.ts';
import { type LoadReport, reportOn } from '../load/load_report.ts';
import type { Timeliness } from '../load/watch.ts';
import { CODECS } from '../wire/codec.ts';
import { totalOf } from './carrying.ts';
import type { CpuPercents, Stack } from './processes.ts';

export interface SettingUpRun {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly busy: CpuPercents;
  /** CPU time of all processes for one call from INVITE to the answer of its BYE. */
  readonly usPerSetup: number;
  readonly timeliness: Timeliness;
  readonly isSound: boolean;
  readonly wire: LoadReport;
}

/** Short enough that carrying the calls costs little beside setting them up. */
const HOLD_MS = 200;

/** Calls that are set up and hung up again at an even rate. */
export async function measureSettingUp(
  stack: Stack,
  callsPerSecond: number,
  seconds: number,
): Promise<SettingUpRun> {
  const load = await Load.open({
    target: stack.target,
    codec: CODECS.PCMU,
    seed: 2,
    sendsMedia: false,
    holdMs: HOLD_MS,
  });
  try {
    const watch = load.watch();
    const measuring = stack.processes.measure();
    const startedMs = performance.now();
    await load.place({ calls: callsPerSecond * seconds, callsPerSecond });
    await load.ended();
    const busy = measuring.stop();
    const elapsedMs = performance.now() - startedMs;
    const wire = reportOn(load.records);
    const answered = wire.outcomes.answered ?? 0;
    return {
      callsPerSecond,
      calls: wire.calls,
      busy,
      usPerSetup: (totalOf(busy) * 10 * elapsedMs) / Math.max(1, answered),
      timeliness: watch.stop(),
      isSound: answered === wire.calls,
      wire,
    };
  } finally {
    load.close();
  }
}
