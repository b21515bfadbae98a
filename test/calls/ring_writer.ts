import { workerData } from 'node:worker_threads';
import { writeSamples } from '../../src/calls/ring.ts';
import { slotView } from '../../src/calls/slot_buffers.ts';

/** Writes sample n with the value 7n (kept to 16 bits), as fast as the reader lets it. */
const { memory, total } = workerData as { memory: SharedArrayBuffer; total: number };
const ring = slotView(memory, 0).heard;
const chunk = new Int16Array(257);
for (let written = 0; written < total; ) {
  const count = Math.min(chunk.length, total - written);
  for (let i = 0; i < count; i += 1) chunk[i] = (written + i) * 7;
  written += writeSamples(ring, chunk.subarray(0, count));
}
