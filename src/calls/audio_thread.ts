import { writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { loadLibc } from '../../sip/rtp/libc.ts';

const PRIORITY = constants.priority.PRIORITY_ABOVE_NORMAL;
/** Where Linux shares processors out among sessions first (sched(7), autogroup), that is where a thread's priority ends. */
const SESSION_PRIORITY = '/proc/self/autogroup';
/** Of the system call sched_setattr(2), by architecture. */
const SET_ATTRIBUTES = new Map([
  ['x64', 314],
  ['arm64', 274],
]);
/** The first version of `struct sched_attr` (sched_setattr(2)), in bytes. */
const ATTRIBUTES_BYTES = 48;
/** SCHED_FLAG_KEEP_POLICY: a thread that an operator has put under another policy stays there, and this is refused. */
const KEEP_POLICY = 0x08n;
/** Less than what others have by default: 0.7 ms on one processor, more on several (kernel/sched/fair.c, base slice). */
const TURN_NS = 500_000n;

/** What was granted; where it was not, all stays as it was. */
export interface Precedence {
  /** The thread, and its session, get their share before others. */
  readonly isFirst: boolean;
  /** It asks for so little of a processor at once that it need not wait until another's turn is over (Linux 6.12). */
  readonly hasShortTurns: boolean;
}

/**
 * Lets the calling thread, with those that it makes from then on, go before all else that wants a processor: a frame that
 * waits for one is late.
 */
export function goBeforeOthers(): Precedence {
  return { isFirst: goFirst(), hasShortTurns: takeShortTurns() };
}

function goFirst(): boolean {
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

/** Of a thread of the usual policy, `sched_runtime` is how long its turns are. */
function takeShortTurns(): boolean {
  const call = SET_ATTRIBUTES.get(process.arch);
  const loaded = loadLibc();
  if (loaded === undefined || call === undefined) return false;
  try {
    const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
    attributes.writeUInt32LE(ATTRIBUTES_BYTES, 0);
    attributes.writeBigUInt64LE(KEEP_POLICY, 8);
    attributes.writeInt32LE(getPriority(0), 16);
    attributes.writeBigUInt64LE(TURN_NS, 24);
    const syscall = loaded.libc.func('long syscall(long, ...)');
    return syscall(call, 'int', 0, 'void *', attributes, 'unsigned int', 0) === 0;
  } catch {
    return false;
  }
}
