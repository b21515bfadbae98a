import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const PRIORITY = constants.priority.PRIORITY_ABOVE_NORMAL;
/** Where Linux shares processors out among sessions first (sched(7), autogroup), that is where a thread's priority ends. */
const SESSION_PRIORITY = '/proc/self/autogroup';

/**
 * Lets the calling thread, with those that it makes from then on, go before all else that wants a processor: a frame that
 * waits for one is late. Its session gets its share before others do.
 * @returns false where the system does not allow it, and all stays as it was
 */
export function goBeforeOthers(): boolean {
  try {
    // Of a process's threads, Linux means the one that asks.
    setPriority(0, PRIORITY);
  } catch {
    return false;
  }
  try {
    writeFileSync(SESSION_PRIORITY, String(PRIORITY));
  } catch {
    // There are no such shares here.
  }
  return true;
}
