import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { ChildrenFile } from './children_file.ts';

const [runFolder] = process.argv.slice(2);
const GRACE_MS = 5_000;

if (runFolder !== undefined) {
  process.stdin.resume().once('close', async () => {
    // By then roles have missed their supervisor and ended by themselves, their calls written down.
    await sleep(LIMITS.ipcReconnectMs + GRACE_MS);
    await new ChildrenFile(runFolder).endLeftovers(GRACE_MS);
    process.exit(0);
  });
}
