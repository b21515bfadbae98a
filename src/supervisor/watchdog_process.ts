import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { ChildrenFile } from './children_file.ts';
import { endProcesses } from './process_identity.ts';

const [runFolder] = process.argv.slice(2);
const GRACE_MS = 5_000;

if (runFolder !== undefined) {
  process.stdin.resume().once('close', async () => {
    // Those of the dead supervisor: the record may be a new one's soon.
    const leftovers = new ChildrenFile(runFolder).leftovers();
    // By then roles have missed their supervisor and ended by themselves, their calls written down.
    await sleep(LIMITS.ipcReconnectMs + GRACE_MS);
    await endProcesses(leftovers, GRACE_MS);
    process.exit(0);
  });
}
