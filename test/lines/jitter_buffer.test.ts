import t from 'tap';
import { createFrame } from '../../pipeline/frame.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { JitterBuffer } from '../../src/lines/jitter_buffer.ts';
import { steepest } from '../pipeline/stage_bench.ts';

const RATE_HZ = 8000;
const FRAME = 80;

/** A sender of a steady sine, and a reader; each moves only when told. */
function setUp() {
  const buffer = new JitterBuffer(RATE_HZ);
  const frame = createFrame(RATE_HZ);
  let sent = 0;
  const put = (count = 1): void => {
    for (let i = 0; i < count; i += 1) {
      buffer.put(Int16Array.from({ length: FRAME }, (_, k) => 8000 * Math.sin((sent * FRAME + k) / 12)));
      sent += 1;
    }
  };
  const take = (): Float32Array => {
    buffer.take(frame);
    return frame.samples.slice();
  };
  return { buffer, frame, put, take };
}

function quiet(samples: Float32Array): boolean {
  return samples.every(sample => sample === 0);
}

t.test('frames come out whole and in order, behind a small reserve', async t => {
  const { buffer, frame, put, take } = setUp();
  put();
  t.ok(quiet(take()), 'one frame in hand is not enough to begin');
  put();
  const out: number[] = [];
  let made = 0;
  for (let i = 0; i < 300; i += 1) {
    out.push(...take());
    if (frame.concealed) made += 1;
    put();
  }
  t.equal(made, 0);
  const sine = Float32Array.from(out, (_, i) => (8000 * Math.sin(i / 12)) / 32768);
  t.ok(out.every((sample, i) => Math.abs(sample - sine[i]!) < 1e-4));
  t.equal(buffer.concealed, 0);
  t.equal(buffer.dropped, 0);
});

t.test('a late frame is concealed by fading, without digital silence at once', async t => {
  const { buffer, frame, put, take } = setUp();
  put(2);
  take();
  take();
  const first = take();
  t.ok(frame.concealed);
  t.notOk(quiet(first));
  take();
  take();
  t.ok(quiet(take()), 'silent after 30 ms');
  t.equal(buffer.concealed, 4);
  put(3);
  t.notOk(quiet(take()));
  t.notOk(frame.concealed);
});

t.test('a sender whose clock is faster loses no more than the drift, and nothing clicks', async t => {
  const { buffer, put, take } = setUp();
  const out: number[] = [];
  put(2);
  for (let i = 0; i < 6000; i += 1) {
    put(i % 500 === 0 ? 2 : 1);
    out.push(...take());
  }
  t.ok(buffer.depth <= 4, `depth ${buffer.depth}`);
  t.equal(buffer.concealed, 0);
  t.ok(buffer.dropped >= 9 && buffer.dropped <= 14, `${buffer.dropped} frames for 12 too many`);
  t.ok(steepest(Float32Array.from(out)) < 0.05);
});

t.test('a sender whose clock is slower costs a concealed frame for each that it owes', async t => {
  const { buffer, put, take } = setUp();
  put(4);
  for (let i = 1; i <= 6000; i += 1) {
    if (i % 500 !== 0) put();
    take();
  }
  t.ok(buffer.concealed <= 14, `${buffer.concealed} concealed for 12 owed`);
  t.ok(buffer.depth <= 8);
});

t.test('after a stall the backlog is worked off within half a second', async t => {
  const { buffer, put, take } = setUp();
  put(2);
  for (let i = 0; i < 200; i += 1) {
    put();
    take();
  }
  put(15);
  for (let i = 0; i < 50; i += 1) {
    put();
    take();
  }
  t.ok(buffer.depth <= 4, `depth ${buffer.depth}`);
});

t.test('delivery in bursts finds a reserve that is just large enough', async t => {
  const { buffer, put, take } = setUp();
  for (let i = 0; i < 3000; i += 1) {
    if (i % 4 === 0) put(4);
    take();
  }
  const before = buffer.concealed;
  for (let i = 0; i < 1000; i += 1) {
    if (i % 4 === 0) put(4);
    take();
  }
  t.ok(buffer.concealed - before <= 6, `${buffer.concealed - before} concealed once it has adapted`);
  t.ok(buffer.depth <= 8);
});

t.test('the newest are kept: before the first take, and beyond the limit', async t => {
  const { buffer, put, take } = setUp();
  put(1000);
  t.equal(buffer.depth, LIMITS.jitterBufferFrames);
  t.equal(buffer.dropped, 0, 'nobody was listening');
  take();
  put(1000);
  t.equal(buffer.depth, LIMITS.jitterBufferFrames);
  t.ok(buffer.dropped >= 980);
});

t.test('frames of another length are dropped', async t => {
  const { buffer, put, take } = setUp();
  put(2);
  take();
  buffer.put(new Int16Array(FRAME - 1));
  buffer.put(new Int16Array(FRAME * 3));
  buffer.put(new Int16Array(0));
  t.equal(buffer.dropped, 3);
  t.equal(buffer.depth, 1);
});

t.test('tells how long frames are held back: longer after lateness, shorter when it calms down', async t => {
  const { buffer, frame, put, take } = setUp();
  t.equal(frame.heldBackMs, 0);
  put(2);
  take();
  t.equal(frame.heldBackMs, 20);
  take();
  take();
  t.ok(frame.concealed);
  t.equal(frame.heldBackMs, 30, 'the late one and all after it');
  put(2);
  const held = new Set<number>();
  for (let i = 0; i < 40_000; i += 1) {
    take();
    put();
    held.add(frame.heldBackMs);
  }
  t.strictSame([...held].toSorted(), [10, 20, 30]);
  t.equal(buffer.depth, 1);
  t.equal(frame.heldBackMs, 10);
});

t.test('frames that never came hold the others back no longer than a second', async t => {
  const { frame, put, take } = setUp();
  put(2);
  for (let i = 0; i < 50; i += 1) {
    take();
    put();
  }
  for (let i = 0; i < 2; i += 1) take();
  for (let i = 0; i < 3; i += 1) take();
  t.equal(frame.heldBackMs, 50);
  put();
  for (let i = 0; i < 250; i += 1) {
    take();
    put();
  }
  t.equal(frame.heldBackMs, 10);
  for (let i = 0; i < 500; i += 1) take();
  put(2);
  take();
  t.equal(frame.heldBackMs, 20, 'after a long silence the count begins anew');
});
