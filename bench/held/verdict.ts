import type { Carried } from '../density/carried.ts';
import { isInTime } from '../density/summary.ts';
import type { ThreadUse } from './threads.ts';

/** So many calls, and what the machine's threads did meanwhile. */
export interface Held extends Carried {
  readonly wanted: number;
  readonly threads: ThreadUse;
  /** What each audio thread told of itself at the end: how much of its time it was busy, and how many things it had given up. */
  readonly busyRatio: Readonly<Record<string, number>>;
  readonly shed: Readonly<Record<string, number>>;
  /** Calls that the node did not take, by the code of the error. */
  readonly notAdmitted: Readonly<Record<string, number>>;
}

/** A thread that uses as much of a core has no time left. */
const FULL_THREAD_PERCENT = 85;
/** Of all processors, callers' and scripted providers' share with it. */
const FULL_MACHINE_SHARE = 0.9;

/** Whether all that were wanted came up and were carried in time. */
export function isHeld(held: Held): boolean {
  return held.calls === held.wanted && isInTime(held);
}

/** What stands in the way of more calls, the first cause that there is evidence for; undefined where they are held. */
export function saturated(held: Held, cores: number): string | undefined {
  if (isHeld(held)) return undefined;
  const { generator, cpuPercent, threads, notAdmitted } = held;
  const [busiest] = Object.entries(threads).toSorted(([, a], [, b]) => b - a);
  if (busiest !== undefined && busiest[1] >= FULL_THREAD_PERCENT) return busiest[0];
  const [refusal] = Object.entries(notAdmitted).toSorted(([, a], [, b]) => b - a);
  if (refusal !== undefined && refusal[1] > 0 && refusal[0] !== 'OVERLOADED') return `limit ${refusal[0]}`;
  const used = Object.values(cpuPercent).reduce((sum, percent) => sum + percent, generator.cpuPercent);
  if (used >= FULL_MACHINE_SHARE * 100 * cores) return 'processors, callers among them';
  if (generator.invalidBecause.length > 0) return 'generator';
  if (refusal !== undefined && refusal[1] > 0) return 'headroom of the audio threads';
  return 'lateness, of no cause that was seen';
}
