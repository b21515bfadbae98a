import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { readRuntime } from '../config/runtime.ts';
import { createHub, type Hub } from '../ipc/hub.ts';
import { createLogger } from '../observe/log.ts';
import { ChildrenFile } from './children_file.ts';
import { hubSocketPath } from './hub_socket.ts';
import { endProcesses } from './process_identity.ts';
import { StartMark } from './start_mark.ts';

const GRACE_MS = 5_000;
const POLL_MS = 100;
const DEFAULT_DRAIN_MS = 60_000;

interface Waits {
  /** Until roles are given a hub. */
  readonly backMs: number;
  /** Until no more calls are taken. */
  readonly awayMs: number;
}

/**
 * Stands in for a supervisor that was killed, until the next one ends this process. Messages between roles are passed on, so
 * that calls come and go; nothing is started again. Where none follows, the node drains and ends.
 */
export async function standIn(
  runFolder: string,
  { backMs, awayMs }: Waits = { backMs: LIMITS.supervisorBackMs, awayMs: LIMITS.supervisorAwayMs },
): Promise<void> {
  // Those of the dead supervisor: the record may be a new one's soon.
  const leftovers = new ChildrenFile(runFolder).leftovers();
  await sleep(backMs);
  const log = createLogger('watchdog', 'silent');
  const hub = await createHub({ socketPath: hubSocketPath(runFolder), log });
  await sleep(awayMs);
  new StartMark(runFolder).remove();
  await drain(hub, runFolder);
  hub.broadcast({ type: 'stop' });
  const untilMs = performance.now() + GRACE_MS;
  while (hub.peers().length > 0 && performance.now() < untilMs) await sleep(POLL_MS);
  await endProcesses(leftovers, GRACE_MS);
  await hub.close();
}

/** Until the last call is over, or the time is up that the configuration leaves for it. */
async function drain(hub: Hub, runFolder: string): Promise<void> {
  const limitMs = drainMs(runFolder);
  const calls = new Map<string, number>();
  hub.on('load', (load, from) => calls.set(from, load.calls));
  hub.onPeerGone(peer => calls.delete(peer));
  hub.broadcast({ type: 'drain', deadlineMs: Date.now() + limitMs });
  const untilMs = performance.now() + limitMs;
  const hasCalls = (): boolean =>
    hub.peers().some(peer => peer.startsWith('media-') && calls.get(peer) !== 0);
  while (hasCalls() && performance.now() < untilMs) await sleep(POLL_MS);
}

function drainMs(runFolder: string): number {
  try {
    return readRuntime(join(runFolder, 'runtime.json')).config.drainS * 1000;
  } catch {
    return DEFAULT_DRAIN_MS;
  }
}
