import { parentPort, workerData } from 'node:worker_threads';
import { SileroVad } from '../../models/silero_vad.ts';
import type { VadWorkerData } from '../calls/media_threads.ts';
import { VadBoard } from '../calls/vad_board.ts';
import { VadListener } from '../calls/vad_listener.ts';

/** Confirms vacated slots soon even when no call is up to ring. */
const LONGEST_SLEEP_MS = 1000;

/** The VAD thread: sleeps until the audio thread rings, judges what is due, and sleeps again. */
const { memory, board: boardMemory } = workerData as VadWorkerData;
const board = new VadBoard(boardMemory);
const vad = await SileroVad.load();
const listener = new VadListener(vad, board, memory);
parentPort?.postMessage('ready');
while (!board.isDismissed) {
  const seen = board.rings;
  await listener.judgeDue();
  board.sleep(seen, LONGEST_SLEEP_MS);
}
await vad.close();
