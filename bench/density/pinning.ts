import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which processors are whose, as taskset(1) takes them: the callers' with all that is not measured, and the node's. */
export interface Cores {
  readonly callers: string;
  readonly node: string;
}

/** The last processor for the node, the others for the callers; undefined where there are not two. */
export function coresOfBoth(): Cores | undefined {
  const last = availableParallelism() - 1;
  return last === 0 ? undefined : { callers: `0-${last - 1}`, node: String(last) };
}

/** Keeps a process, all its threads, and what it starts from now on, on these processors. */
export function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
}
