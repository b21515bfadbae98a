import { readdirSync, readFileSync } from 'node:fs';
import { nameOf, processTree, threadSeconds } from '../process_cpu.ts';

/** Threads by name, such as `media-0 audio`, and what each uses of one core; those of one name in one process are added up. */
export type ThreadUse = Readonly<Record<string, number>>;

interface Thread {
  readonly name: string;
  readonly seconds: number;
}

/** Measures threads of a process and all its descendants, from now until `stop`. */
export function measureThreads(rootPid: number): { stop(): ThreadUse } {
  const startedMs = performance.now();
  const before = threadsOf(rootPid);
  return {
    stop: () => {
      const seconds = (performance.now() - startedMs) / 1000;
      const use: Record<string, number> = {};
      for (const [path, thread] of threadsOf(rootPid)) {
        const percent = ((thread.seconds - (before.get(path)?.seconds ?? 0)) / seconds) * 100;
        use[thread.name] = Math.round(((use[thread.name] ?? 0) + percent) * 10) / 10;
      }
      return use;
    },
  };
}

function threadsOf(rootPid: number): Map<string, Thread> {
  const threads = new Map<string, Thread>();
  for (const pid of processTree(rootPid)) {
    try {
      const process = nameOf(pid);
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const path = `${pid}/task/${task}`;
        const seconds = threadSeconds(path);
        if (seconds !== undefined) threads.set(path, { name: threadName(process, pid, task), seconds });
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return threads;
}

/** In a media process the main thread is the one of audio; in others it goes by the process's name. */
function threadName(process: string, pid: number, task: string): string {
  if (task === String(pid)) return process.startsWith('media-') ? `${process} audio` : process;
  const own = readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim();
  return `${process} ${own}`;
}
