import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A process that can't be mistaken for a later one with the same number. */
export const processIdentitySchema = z.object({
  pid: z.number().int().min(2),
  /** In clock ticks since boot, from /proc/PID/stat; with the pid it names one process. */
  startedAtTicks: z.number().int().nonnegative(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Undefined when there is no such process, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything; the fields after it are fixed (proc(5)): state, …, num_threads, …,
  // starttime. While threads of a zombie are still ending, its ports are still taken.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startedAtTicks = Number(fields[19]);
  const isOver = fields[0] === 'Z' && Number(fields[17]) <= 1;
  if (isOver || !Number.isSafeInteger(startedAtTicks)) return undefined;
  return { pid, startedAtTicks };
}

export function isRunning({ pid, startedAtTicks }: ProcessIdentity): boolean {
  return identify(pid)?.startedAtTicks === startedAtTicks;
}

/** Name of a running program, for messages. */
export function programName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a process';
  }
}

const POLL_MS = 50;
const KILL_WAIT_MS = 2000;

/** A process with the signal that asks it to end at once but in good order. */
export interface Endable extends ProcessIdentity {
  readonly endSignal: NodeJS.Signals;
}

/** Asks processes that need not be our children to end, and kills those that have not within the time. */
export async function endProcesses(processes: readonly Endable[], graceMs: number): Promise<void> {
  for (const round of [{ waitMs: graceMs }, { signal: 'SIGKILL', waitMs: KILL_WAIT_MS }] as const) {
    for (const each of processes) {
      if (isRunning(each)) signalGroup(each.pid, 'signal' in round ? round.signal : each.endSignal);
    }
    const until = performance.now() + round.waitMs;
    while (processes.some(isRunning) && performance.now() < until) await sleep(POLL_MS);
  }
}

/** To all of the group that a process leads, or to the process alone if it leads none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No group of that number, or gone meanwhile.
    }
  }
}
