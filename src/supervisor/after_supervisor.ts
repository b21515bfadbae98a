import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { ChildrenFile } from './children_file.ts';
import { endProcesses } from './process_identity.ts';

const GRACE_MS = 5_000;
/** By then roles have missed their supervisor and ended by themselves, their calls written down. */
const WAIT_MS = LIMITS.ipcReconnectMs + GRACE_MS;

/** Ends what a supervisor that was killed has left running, after a while. */
export async function endAfterSupervisor(runFolder: string, waitMs: number = WAIT_MS): Promise<void> {
  // Those of the dead supervisor: the record may be a new one's soon.
  const leftovers = new ChildrenFile(runFolder).leftovers();
  await sleep(waitMs);
  await endProcesses(leftovers, GRACE_MS);
}
