import { readFileSync } from 'node:fs';
import { processTree } from '../process_cpu.ts';

/** Physical memory of a process and all its descendants, what they share counted once (Pss, proc(5)). */
export function memoryOfTreeMiB(rootPid: number): number {
  return processTree(rootPid).reduce((sum, pid) => sum + proportionalMiB(pid), 0);
}

/** Of one process; 0 when it is gone. */
export function proportionalMiB(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s*(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
