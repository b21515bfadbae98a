import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { goBeforeOthers } from '../../src/calls/audio_thread.ts';
import { Histogram } from '../load/histogram.ts';

const TICK_MS = 10;
const FILE = fileURLToPath(import.meta.url);

export interface BareTimer {
  /** How late its ticks were since it was started or last asked, at the 99.9th percentile. */
  latenessP999Ms(): Promise<number>;
  stop(): void;
}

/**
 * A process that does nothing but tick every 10 ms, with the priority of an audio thread: how well this machine keeps time
 * for anybody, whatever we do.
 */
export async function startBareTimer(): Promise<BareTimer> {
  // In a session of its own, as roles are: whoever goes before others takes the whole session along.
  const child: ChildProcess = fork(FILE, ['tick'], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    latenessP999Ms: async () => {
      const answer = once(child, 'message');
      child.send('tell');
      return Number((await answer)[0]);
    },
    stop: () => void child.kill(),
  };
}

function tick(): void {
  goBeforeOthers();
  const lateness = new Histogram();
  let dueMs = performance.now() + TICK_MS;
  const turn = (): void => {
    for (const nowMs = performance.now(); dueMs <= nowMs; dueMs += TICK_MS) lateness.add(nowMs - dueMs);
    setTimeout(turn, Math.max(0, dueMs - performance.now()));
  };
  process.on('message', () => {
    process.send?.(lateness.percentileMs(0.999));
    lateness.reset();
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
  turn();
}

if (process.argv[1] === FILE && process.argv[2] === 'tick') tick();
