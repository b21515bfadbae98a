import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks in a second as /proc counts them: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Sample {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

export interface ProcessUse {
  readonly name: string;
  readonly pid: number;
  /** Of one core, over the time measured. */
  readonly cpuPercent: number;
  readonly residentMiB: number;
}

/** Measures what a process and all its descendants use, from now until `stop`. Those that end meanwhile are left out. */
export function measureProcesses(rootPid: number): { stop(): ProcessUse[] } {
  const startedMs = performance.now();
  const before = sampleTree(rootPid);
  return {
    stop: () => {
      const seconds = (performance.now() - startedMs) / 1000;
      const after = sampleTree(rootPid);
      return [...after].flatMap(([pid, { name, cpuSeconds, residentMiB }]) => {
        const earlier = before.get(pid);
        if (earlier === undefined) return [];
        const cpuPercent = ((cpuSeconds - earlier.cpuSeconds) / seconds) * 100;
        return [{ name, pid, cpuPercent: Math.round(cpuPercent * 10) / 10, residentMiB }];
      });
    },
  };
}

/** A process and all its descendants, as they are now. */
export function processTree(rootPid: number): readonly number[] {
  return [...sampleTree(rootPid).keys()];
}

function sampleTree(rootPid: number): Map<number, Sample> {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const fields = Number.isInteger(pid) ? statFields(pid) : undefined;
    if (fields !== undefined) parents.set(pid, Number(fields[1]));
  }
  const samples = new Map<number, Sample>();
  for (const pid of parents.keys()) {
    if (!descends(pid, rootPid, parents)) continue;
    const sample = sampleProcess(pid);
    if (sample !== undefined) samples.set(pid, sample);
  }
  return samples;
}

function descends(pid: number, rootPid: number, parents: ReadonlyMap<number, number>): boolean {
  let one: number | undefined = pid;
  while (one !== undefined && one !== 0) {
    if (one === rootPid) return true;
    one = parents.get(one);
  }
  return false;
}

function sampleProcess(pid: number): Sample | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  try {
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { name: nameOf(pid), cpuSeconds, residentMiB: Math.round(memoryMiB(pid)) };
  } catch {
    return undefined;
  }
}

/** Physical memory of one process now. */
export function memoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}

/** Fields of /proc/PID/stat from the third on (proc(5)): the second, the name, may hold anything. */
function statFields(pid: number | string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Seconds of a processor that one thread has used, its path below /proc given (`12/task/13`); undefined when it is gone. */
export function threadSeconds(path: string): number | undefined {
  const fields = statFields(path);
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The role of one of our own processes, else the program's name. */
export function nameOf(pid: number): string {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const role = args[args.indexOf('--role') + 1];
  if (args.includes('--role') && role !== undefined) return role;
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
