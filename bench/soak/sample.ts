import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proportionalMiB } from '../density/memory.ts';
import { nameOf, processTree } from '../process_cpu.ts';

/** What the processes of one name hold at a moment; timers and handles of their main threads, where they tell. */
export interface Held {
  readonly memoryMiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly timers: number;
  readonly handles: number;
}

/** Of a process and all its descendants, by name. */
export function heldByName(rootPid: number, probeFolder: string): Record<string, Held> {
  const held: Record<string, Held> = {};
  for (const pid of processTree(rootPid)) {
    const one = heldBy(pid, probeFolder);
    if (one === undefined) continue;
    const { name, ...figures } = one;
    const before = held[name];
    held[name] = before === undefined ? figures : added(before, figures);
  }
  return held;
}

function heldBy(pid: number, probeFolder: string): (Held & { readonly name: string }) | undefined {
  try {
    return {
      name: nameOf(pid),
      memoryMiB: proportionalMiB(pid),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
      ...toldBy(pid, probeFolder),
    };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function toldBy(pid: number, probeFolder: string): Pick<Held, 'timers' | 'handles'> {
  try {
    return JSON.parse(readFileSync(join(probeFolder, String(pid)), 'utf8')) as Held;
  } catch {
    return { timers: 0, handles: 0 };
  }
}

function added(one: Held, other: Held): Held {
  return {
    memoryMiB: one.memoryMiB + other.memoryMiB,
    descriptors: one.descriptors + other.descriptors,
    threads: one.threads + other.threads,
    timers: one.timers + other.timers,
    handles: one.handles + other.handles,
  };
}
