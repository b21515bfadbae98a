import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import {
  available,
  discardTo,
  distance,
  readFloats,
  readPosition,
  readSamples,
  room,
  writeFrame,
  writePosition,
  writeSamples,
  writeStereoFrame,
} from '../../src/calls/ring.ts';
import { createSlotMemory, type RingView, slotView } from '../../src/calls/slot_buffers.ts';

function ring(length = 1024, start = 0): RingView {
  const positions = new Int32Array(new SharedArrayBuffer(8)).fill(start);
  return { samples: new Int16Array(new SharedArrayBuffer(length * 2)), positions };
}

t.test('16-bit samples come out as they went in, across the end of the ring', async t => {
  const view = ring(64, 50);
  const written = Int16Array.from({ length: 60 }, (_, i) => (i - 30) * 1092);
  t.equal(writeSamples(view, written), 60);
  t.equal(room(view), 4);
  const read = new Int16Array(100);
  t.equal(readSamples(view, read), 60);
  t.strictSame(read.subarray(0, 60), written);
  t.equal(available(view), 0);
});

t.test('floats are clamped, and what is not a number is silence', async t => {
  const view = ring();
  const wild = Float32Array.of(
    0.5,
    -0.5,
    2,
    -2,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  );
  t.ok(writeFrame(view, wild));
  const read = new Int16Array(7);
  readSamples(view, read);
  t.strictSame([...read], [16384, -16384, 32767, -32768, 0, 32767, -32768]);
});

t.test('every 16-bit value survives the way through floats', async t => {
  const view = ring(1 << 17);
  const all = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
  const floats = new Float32Array(65536);
  writeSamples(view, all);
  readFloats(view, floats);
  writeFrame(view, floats);
  const back = new Int16Array(65536);
  readSamples(view, back);
  t.strictSame(back, all);
});

t.test('a frame that does not fit is not written at all; loose samples as far as they fit', async t => {
  const view = ring(256);
  t.ok(writeFrame(view, new Float32Array(200)));
  t.notOk(writeFrame(view, new Float32Array(57)));
  t.notOk(writeStereoFrame(view, new Float32Array(29), new Float32Array(29)));
  t.equal(available(view), 200);
  t.equal(writeSamples(view, new Int16Array(100)), 56);
  t.equal(room(view), 0);
});

t.test('legs are interleaved, left first', async t => {
  const view = ring();
  writeStereoFrame(view, Float32Array.of(0.25, 0.5), Float32Array.of(-0.25, -0.5));
  const read = new Int16Array(4);
  readSamples(view, read);
  t.strictSame([...read], [8192, -8192, 16384, -16384]);
});

t.test('positions wrap at 2^31 without a sample lost', async t => {
  const view = ring(256, 0x7fffffff - 50);
  const samples = Int16Array.from({ length: 200 }, (_, i) => i);
  writeSamples(view, samples);
  t.equal(writePosition(view), 149);
  t.equal(available(view), 200);
  t.equal(distance(0x7fffffff - 50, 149), 200);
  t.equal(distance(149, 0x7fffffff - 50), -200);
  const read = new Int16Array(200);
  readSamples(view, read);
  t.strictSame(read, samples);
});

t.test('discarding never goes back', async t => {
  const view = ring();
  writeSamples(view, new Int16Array(300));
  t.equal(discardTo(view, 100), 100);
  t.equal(discardTo(view, 50), 0);
  t.equal(readPosition(view), 100);
});

t.test('two threads at once: nothing is lost, doubled or swapped', async t => {
  const memory = createSlotMemory(1);
  const view = slotView(memory, 0).heard;
  const total = 400_000;
  const writer = new Worker(new URL('./ring_writer.ts', import.meta.url), { workerData: { memory, total } });
  const chunk = new Int16Array(333);
  let next = 0;
  let wrong = 0;
  while (next < total) {
    const count = readSamples(view, chunk);
    for (let i = 0; i < count; i += 1) {
      if (chunk[i] !== ((next * 7) << 16) >> 16) wrong += 1;
      next += 1;
    }
  }
  await once(writer, 'exit');
  t.equal(next, total);
  t.equal(wrong, 0);
});
