import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { ROOT } from './tidy/sources.ts';

/** A low one is for what no clock hurries, beside what one does. */
export type Priority = 'normal' | 'low';

const LOW = constants.priority.PRIORITY_BELOW_NORMAL;
/** Those in sessions of their own, which no terminal reaches. */
const apart = new Set<ChildProcess>();

/** Starts a program in the project's folder; its output is to be read. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  priority: Priority = 'normal',
): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const isLow = priority === 'low';
  const child = spawn(program, args, {
    cwd: ROOT,
    env,
    detached: isLow,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (isLow && child.pid !== undefined) {
    apart.add(child);
    child.once('close', () => apart.delete(child));
    giveWay(child.pid);
  }
  return child;
}

/** Linux may share processors out among sessions before it looks at priorities within them (sched(7), autogroup). */
function giveWay(pid: number): void {
  try {
    setPriority(pid, LOW);
    writeFileSync(`/proc/${pid}/autogroup`, String(LOW));
  } catch {
    // It is over already, or there are no such shares here.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const { pid } of apart) if (pid !== undefined) process.kill(-pid, signal);
    process.kill(process.pid, signal);
  });
}
