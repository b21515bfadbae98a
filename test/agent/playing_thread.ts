import { parentPort, workerData } from 'node:worker_threads';
import { createFrame } from '../../pipeline/frame.ts';
import { Playout } from '../../pipeline/stages/playout.ts';
import { CONTROL, slotView } from '../../src/calls/slot_buffers.ts';
import { SlotSpeech } from '../../src/calls/slot_ports.ts';

/**
 * The audio thread's part in talk_audio.test.ts: plays ticks as fast as they come and cuts at random. Speech carries
 * its generation as the sample value, so that what is stale shows.
 */
export interface PlayingReport {
  /** Samples that came out after the cut of their generation. */
  readonly staleSamples: number;
  /** By generation: `played` before its first sample came out. */
  readonly firstPlayed: Readonly<Record<number, number>>;
  readonly cuts: number;
}

const RATE_HZ = 16000;
const FULL_SCALE = 32768;
/** Ramps change the values of so many samples at the beginning of a stretch and after a cut. */
const { memory, ticks } = workerData as { memory: SharedArrayBuffer; ticks: number };
const slot = slotView(memory, 0);
const silent = { started: () => undefined, drained: () => undefined };
const source = new SlotSpeech(slot);
const playout = new Playout(RATE_HZ, source, silent);
const frame = createFrame(RATE_HZ);
const firstPlayed: Record<number, number> = {};
const pause = new Int32Array(new SharedArrayBuffer(4));
let staleSamples = 0;
let cuts = 0;

for (let tick = 0; tick < ticks; tick += 1) {
  Atomics.wait(pause, 0, 0, 0.2);
  if (Math.random() < 0.1) {
    playout.cut();
    playout.reset();
    cuts += 1;
  }
  const generation = Atomics.load(slot.control, CONTROL.generation);
  const before = playout.sentSamples;
  playout.process(frame);
  const given = playout.sentSamples - before;
  // Past the 5 ms ramp a sample is what was written.
  for (let i = RATE_HZ / 200; i < given - RATE_HZ / 200; i += 1) {
    if (Math.round(frame.samples[i]! * FULL_SCALE) !== generation) staleSamples += 1;
  }
  if (given > 0) firstPlayed[generation] ??= before;
  Atomics.store(slot.control, CONTROL.played, playout.sentSamples);
  Atomics.add(slot.control, CONTROL.mediaMs, 10);
}
const report: PlayingReport = { staleSamples, firstPlayed, cuts };
parentPort?.postMessage(report);
