import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildEntry } from './children_file.ts';
import { isRunning, signalGroup } from './process_identity.ts';
import type { EndWith, Running } from './running.ts';

const LOOK_EVERY_MS = 200;

/** A process that an earlier supervisor has started, as one of this one's own; its last words only its log knows. */
export function adopt(
  entry: ChildEntry,
  { endWith, onEnded }: { readonly endWith: EndWith; readonly onEnded: () => void },
): Running {
  const exited = untilGone(entry).then(() => {
    // What it had started itself must not outlive it.
    signalGroup(entry.pid, 'SIGKILL');
    onEnded();
    return `${entry.name} ended`;
  });
  const stop = async (): Promise<void> => {
    for (const { signal, waitMs } of endWith) {
      if (!isRunning(entry)) break;
      process.kill(entry.pid, signal);
      await untilGone(entry, waitMs);
    }
    if (isRunning(entry)) signalGroup(entry.pid, 'SIGKILL');
    await exited;
  };
  return { pid: entry.pid, exited, stop };
}

/** Only of a child does the system tell when it ends: of another process one has to look. */
async function untilGone(entry: ChildEntry, limitMs = Number.POSITIVE_INFINITY): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (isRunning(entry) && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
}
