import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux tells of processes in /proc (proc(5)). One that has ended meanwhile has nothing. */

/** What a process has open: paths, or kinds such as `socket` and `anon_inode:[eventpoll]`. */
export function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return entries(folder).flatMap(descriptor => {
    try {
      return [readlinkSync(`${folder}/${descriptor}`).replace(/^(socket|pipe):\[\d+\]$/, '$1')];
    } catch {
      return [];
    }
  });
}

export function threads(pid: number): number {
  return entries(`/proc/${pid}/task`).length;
}

/** The processes that a process has started and that are still its children. */
function childrenOf(parent: number): number[] {
  return entries('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => parentOf(pid) === parent);
}

/** A process, its children, theirs and so on. */
export function withDescendants(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(withDescendants)];
}

/** Sends a signal to a process and to its children; to itself first, so that it starts no further one. */
export function signalFamily(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, signal);
  for (const child of childrenOf(pid)) killIfThere(child, signal);
}

/** A process that was asked for may have ended meanwhile. */
function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
