import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { VoiceWindow } from '../../models/silero_vad.ts';
import type { VadWorkerData } from '../../src/calls/media_threads.ts';
import { available, writeFrame } from '../../src/calls/ring.ts';
import { CONTROL, clearSlot, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { ThreadPulse } from '../../src/calls/thread_pulse.ts';
import { VadBoard } from '../../src/calls/vad_board.ts';
import { VadListener } from '../../src/calls/vad_listener.ts';
import { NO_FLITE, speech } from '../pipeline/sounds.ts';

const PROGRAM = new URL('../../src/roles/vad.ts', import.meta.url);

/** Answers with the number of windows that the voice's memory has seen, and counts the runs. */
class CountingJudge {
  readonly batches: number[] = [];

  async judge(windows: readonly VoiceWindow[]): Promise<Float32Array> {
    this.batches.push(windows.length);
    return Float32Array.from(windows, ({ memory }) => {
      memory.state[0]! += 1;
      return memory.state[0]! / 16;
    });
  }
}

function house(slots: number) {
  const memory = createSlotMemory(slots);
  const board = new VadBoard(VadBoard.allocate(slots));
  const judge = new CountingJudge();
  const views = Array.from({ length: slots }, (_, index) => slotView(memory, index));
  return { board, judge, views, listener: new VadListener(judge, board, memory) };
}

t.test('windows of all calls that are due are judged in one run for each rate', async t => {
  const { board, judge, views, listener } = house(4);
  board.occupy(0, 16_000);
  board.occupy(1, 8000);
  board.occupy(3, 16_000);
  writeFrame(views[0]!.vadInput, new Float32Array(512));
  writeFrame(views[1]!.vadInput, new Float32Array(256));
  writeFrame(views[2]!.vadInput, new Float32Array(512));
  writeFrame(views[3]!.vadInput, new Float32Array(1100));
  await listener.judgeDue();
  t.strictSame(judge.batches, [1, 2, 1], '8 kHz; both at 16 kHz; what was left');
  t.strictSame(
    views.map(view => view.control[CONTROL.vadWindow]),
    [1, 1, 0, 2],
  );
  t.equal(available(views[3]!.vadInput), 1100 - 1024);
  await listener.judgeDue();
  t.equal(judge.batches.length, 3, 'nothing is judged twice');
});

t.test('a call hears nothing of the call before on its slot', async t => {
  const { board, views, listener } = house(1);
  const [view] = views;
  board.occupy(0, 16_000);
  writeFrame(view!.vadInput, new Float32Array(512 * 5 + 100));
  await listener.judgeDue();
  t.equal(view!.control[CONTROL.vadProbability], (5 / 16) * 65536);

  board.vacate(0);
  t.notOk(board.isVacant(0), 'not before the VAD thread has seen it');
  await listener.judgeDue();
  t.ok(board.isVacant(0));
  clearSlot(view!);
  board.occupy(0, 8000);
  t.notOk(board.isVacant(0));
  writeFrame(view!.vadInput, new Float32Array(256));
  await listener.judgeDue();
  t.equal(view!.control[CONTROL.vadWindow], 1);
  t.equal(view!.control[CONTROL.vadProbability], (1 / 16) * 65536, 'memory, windows and rate are new');
});

t.test('one call after the other without a look between is another call', async t => {
  const { board, views, listener } = house(1);
  const [view] = views;
  board.occupy(0, 16_000);
  writeFrame(view!.vadInput, new Float32Array(1024));
  await listener.judgeDue();
  board.vacate(0);
  board.occupy(0, 16_000);
  writeFrame(view!.vadInput, new Float32Array(512));
  await listener.judgeDue();
  t.equal(view!.control[CONTROL.vadWindow], 1);
});

t.test('the thread judges real speech and ends when dismissed', { skip: NO_FLITE }, async t => {
  const memory = createSlotMemory(2);
  const boardMemory = VadBoard.allocate(2);
  const board = new VadBoard(boardMemory);
  const workerData: VadWorkerData = {
    memory,
    board: boardMemory,
    pulse: ThreadPulse.allocate(),
  };
  const thread = new Worker(PROGRAM, { workerData });
  await once(thread, 'message');
  const view = slotView(memory, 1);
  board.occupy(1, 16_000);
  writeFrame(view.vadInput, speech('Good morning.', 16_000).subarray(0, 512 * 12));
  board.ring();
  while (Atomics.load(view.control, CONTROL.vadWindow) < 12) {
    await new Promise(resolve => setImmediate(resolve));
  }
  t.ok(Atomics.load(view.control, CONTROL.vadProbability) > 0.5 * 65536);
  board.vacate(1);
  while (!board.isVacant(1)) await new Promise(resolve => setImmediate(resolve));
  board.dismiss();
  const [code] = await once(thread, 'exit');
  t.equal(code, 0);
});
