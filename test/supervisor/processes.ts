import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { identify } from '../../src/supervisor/process_identity.ts';

/** Runs a snippet of JavaScript in a group of its own and waits for its first line. */
export async function startSnippet(
  t: Test,
  code: string,
): Promise<{ child: ChildProcess; pid: number; line: string }> {
  const child = spawn(process.execPath, ['-e', code], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, pid: child.pid!, line: chunk.toString().trim() };
}

/** Resolves when the process is gone. */
export async function untilGone(pid: number): Promise<void> {
  while (identify(pid) !== undefined) await sleep(20);
}
