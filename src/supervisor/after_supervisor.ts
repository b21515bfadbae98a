import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { ChildrenFile } from './children_file.ts';
import { endProcesses } from './process_identity.ts';

const GRACE_MS = 5_000;

/** Ends what a supervisor that was killed has left running, once roles had the time to end by themselves. */
export async function endAfterSupervisor(runFolder: string): Promise<void> {
  // Those of the dead supervisor: the record may be a new one's soon.
  const leftovers = new ChildrenFile(runFolder).leftovers();
  await sleep(LIMITS.ipcReconnectMs + GRACE_MS);
  await endProcesses(leftovers, GRACE_MS);
}
