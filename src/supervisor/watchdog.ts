import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildrenFile } from './children_file.ts';

const PROGRAM = fileURLToPath(new URL('./watchdog_process.ts', import.meta.url));

/**
 * Starts a small process that holds a pipe to this one: if the supervisor is killed, the pipe ends, and the watchdog
 * ends what the supervisor would have.
 * @returns stops the watchdog
 */
export async function startWatchdog(runFolder: string, children: ChildrenFile): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [PROGRAM, runFolder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  const pid = child.pid!;
  children.add('watchdog', pid, 'SIGTERM');
  return async () => {
    child.kill('SIGKILL');
    await exited;
    children.remove(pid);
  };
}
