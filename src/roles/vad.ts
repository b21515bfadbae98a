import { parentPort, workerData } from 'node:worker_threads';
import { SileroVad } from '../../models/silero_vad.ts';
import type { VadWorkerData } from '../calls/media_threads.ts';
import { ThreadPulse } from '../calls/thread_pulse.ts';
import { VadBoard } from '../calls/vad_board.ts';
import { VadListener } from '../calls/vad_listener.ts';

/** Confirms vacated slots soon, and gives a sign of life, even when no call is up to ring. */
const LONGEST_SLEEP_MS = 1000;

/** The VAD thread: sleeps until the audio thread rings, judges what is due, and sleeps again. */
const { memory, board: boardMemory, pulse } = workerData as VadWorkerData;
const board = new VadBoard(boardMemory);
const vad = await SileroVad.load();
const heart = new ThreadPulse(pulse);
const judge: SileroVad['judge'] = (windows, rateHz) => {
  heart.beat('vad');
  return vad.judge(windows, rateHz);
};
const listener = new VadListener({ judge }, board, memory);
parentPort?.postMessage('ready');
while (!board.isDismissed) {
  const seen = board.rings;
  heart.beat('vad');
  await listener.judgeDue();
  board.sleep(seen, LONGEST_SLEEP_MS);
}
await vad.close();
