import t from 'tap';
import { JitterBuffer } from '../../../sip/rtp/jitter_buffer.ts';
import { ClickMeter, LinearDecoder, Simulation, TONE_HZ } from './network_rig.ts';
import { createRandom } from './random.ts';

const LONG_MS = 1_200_000;

for (const skewPpm of [200, -200]) {
  t.test(`twenty minutes with a clock off by ${skewPpm} ppm: no click, no growth, nothing lost`, async t => {
    const random = createRandom(5);
    const far = new Simulation({ ptimeMs: 20, skewPpm, delayMs: () => 30 + random() * 4 });
    far.run(5_000);
    const concealed = far.concealedFrames;
    const clicks = new ClickMeter();
    let deepestMs = 0;
    far.run(LONG_MS, frame => {
      clicks.hear(frame);
      deepestMs = Math.max(deepestMs, far.buffer.depthMs);
    });
    t.equal(far.concealedFrames, concealed, 'nothing made up');
    t.ok(clicks.largest < 0.01, `largest click ${clicks.largest}`);
    t.ok(deepestMs < 40, `never deeper than ${deepestMs} ms`);
    const { shortenedMs, lengthenedMs, late, droppedMs } = far.buffer.stats();
    const followedMs = shortenedMs - lengthenedMs;
    t.ok(Math.abs(followedMs - skewPpm * 1.2) < 30, `followed by ${followedMs} ms`);
    t.same([late, droppedMs], [0, 0]);
  });
}

for (const ptimeMs of [10, 20, 30]) {
  t.test(`packets of ${ptimeMs} ms: no gap, and no deeper than need be`, async t => {
    const far = new Simulation({ ptimeMs, skewPpm: 0, delayMs: () => 40 });
    far.run(10_000);
    const clicks = new ClickMeter();
    const concealed = far.concealedFrames;
    far.run(60_000, clicks.hear);
    t.equal(far.concealedFrames, concealed);
    t.ok(clicks.largest < 0.001, `${clicks.largest}`);
    t.ok(far.buffer.depthMs < 26, `${far.buffer.depthMs} ms`);
  });
}

t.test('the depth follows the jitter, up and down', async t => {
  const random = createRandom(6);
  const far = new Simulation({
    ptimeMs: 20,
    skewPpm: 0,
    delayMs: (_, ms) => 30 + random() * (ms < 60_000 ? 60 : 3),
  });
  far.run(20_000);
  const concealed = far.concealedFrames;
  far.run(60_000);
  t.ok(far.buffer.depthMs > 45 && far.buffer.depthMs < 90, `${far.buffer.depthMs} ms under jitter`);
  t.ok(far.concealedFrames - concealed < 40, `${far.concealedFrames - concealed} of 4000 frames`);
  far.run(180_000);
  t.ok(far.buffer.depthMs < 30, `${far.buffer.depthMs} ms after it`);
});

t.test('packets out of order are put in order', async t => {
  const far = new Simulation({ ptimeMs: 20, skewPpm: 0, delayMs: index => (index % 7 === 3 ? 65 : 30) });
  far.run(10_000);
  const clicks = new ClickMeter();
  const concealed = far.concealedFrames;
  far.run(60_000, clicks.hear);
  t.equal(far.concealedFrames, concealed);
  t.ok(clicks.largest < 0.01, `${clicks.largest}`);
});

t.test('what is lost is made up in its place, and no delay stays', async t => {
  const random = createRandom(7);
  const isLost = Array.from({ length: 3_100 }, () => random() < 0.1);
  const far = new Simulation({ ptimeMs: 20, skewPpm: 0, delayMs: index => (isLost[index] ? undefined : 30) });
  far.run(10_000);
  const before = far.buffer.stats().concealedMs;
  far.run(60_000);
  const concealedMs = far.buffer.stats().concealedMs - before;
  const lostMs = isLost.slice(500, 3_000).filter(Boolean).length * 20;
  t.ok(Math.abs(concealedMs - lostMs) < 60, `${concealedMs} ms for ${lostMs} ms`);
  t.ok(far.buffer.depthMs < 30, `${far.buffer.depthMs} ms`);
});

for (const kind of ['delayed', 'lost'] as const) {
  t.test(`an outage of 300 ms whose packets are ${kind} leaves no delay and no silence`, async t => {
    const far = new Simulation({
      ptimeMs: 20,
      skewPpm: 0,
      delayMs: (_, sentMs) => {
        const leftMs = 20_300 - sentMs;
        if (leftMs <= 0 || leftMs > 300) return 30;
        return kind === 'lost' ? undefined : leftMs + 30;
      },
    });
    far.run(20_000);
    const usualMs = far.buffer.depthMs;
    far.run(23_000);
    const clicks = new ClickMeter();
    const concealed = far.concealedFrames;
    far.run(30_000, clicks.hear);
    t.ok(far.buffer.depthMs < usualMs + 15, `${far.buffer.depthMs} ms after ${usualMs} ms`);
    t.equal(far.concealedFrames, concealed);
    t.ok(clicks.largest < 0.01, `${clicks.largest}`);
  });
}

t.test('a way that gets longer or shorter for good', async t => {
  const far = new Simulation({
    ptimeMs: 20,
    skewPpm: 0,
    delayMs: (_, ms) => (ms < 20_000 || ms > 60_000 ? 30 : 130),
  });
  far.run(20_000);
  far.run(50_000);
  const concealed = far.concealedFrames;
  far.run(60_000);
  t.equal(far.concealedFrames, concealed);
  t.ok(far.buffer.depthMs < 60, `${far.buffer.depthMs} ms on the longer way`);
  far.run(90_000);
  t.ok(far.buffer.depthMs < 60, `${far.buffer.depthMs} ms on the shorter way`);
});

t.test('a jump of the timestamps begins anew at once; a stray packet does not', async t => {
  const far = new Simulation({ ptimeMs: 20, skewPpm: 0, delayMs: () => 30 });
  far.run(5_000);
  far.timestampOffset += 3_000_000;
  far.run(5_200);
  const concealed = far.concealedFrames;
  far.run(10_000);
  t.equal(far.concealedFrames, concealed);
  t.equal(far.buffer.stats().restarts, 2);
  far.buffer.receive('PCMU', 12_345, new Uint8Array(320), 0, 320, far.nowMs);
  far.run(15_000);
  t.equal(far.concealedFrames, concealed);
  t.match(far.buffer.stats(), { restarts: 2, ignored: 2 });
});

t.test('another source is heard at once', async t => {
  const far = new Simulation({ ptimeMs: 20, skewPpm: 0, delayMs: () => 30 });
  far.run(5_000);
  far.buffer.restart();
  far.timestampOffset = 77;
  const concealed = far.concealedFrames;
  far.run(5_100);
  t.ok(far.concealedFrames - concealed <= 6, `${far.concealedFrames - concealed} frames`);
  far.run(6_000);
  t.equal(far.decoder.restarts, 2);
  t.equal(far.buffer.stats().late, 0);
});

t.test('duplicates and packets long late are counted and not heard', async t => {
  const far = new Simulation({ ptimeMs: 20, skewPpm: 0, delayMs: () => 30 });
  far.run(5_000);
  const clicks = new ClickMeter();
  far.run(6_000, clicks.hear);
  far.deliver(296, far.nowMs);
  far.deliver(297, far.nowMs);
  far.deliver(297, far.nowMs);
  far.deliver(280, far.nowMs);
  far.run(8_000, clicks.hear);
  const { duplicates, late } = far.buffer.stats();
  t.equal(duplicates + late, 4);
  t.ok(late >= 1);
  t.ok(clicks.largest < 0.01, `${clicks.largest}`);
});

t.test('a pause in which the clock of the sender stands still', async t => {
  const far = new Simulation({
    ptimeMs: 20,
    skewPpm: 0,
    delayMs: (_, ms) => (ms > 5_000 && ms < 5_500 ? undefined : 30),
  });
  far.run(5_100);
  // What is sent afterwards goes on where it stopped.
  far.timestampOffset -= 500 * 8;
  far.run(7_000);
  const concealed = far.concealedFrames;
  far.run(20_000);
  t.equal(far.concealedFrames, concealed);
  t.ok(far.buffer.depthMs < 30, `${far.buffer.depthMs} ms`);
});

t.test(
  'what is first said after silence that was not sent is heard, though its packets come at once',
  async t => {
    const far = new Simulation({
      ptimeMs: 20,
      skewPpm: 0,
      delayMs: (_, ms) => (ms > 5_000 && ms < 6_000 ? undefined : 30),
    });
    far.run(6_010);
    t.same(far.buffer.stats().late, 0);
    far.deliver(299, far.nowMs);
    far.deliver(300, far.nowMs);
    let heardMs = 0;
    for (let pulls = 0; pulls < 20; pulls += 1) {
      far.buffer.pull(far.frame, far.nowMs + 10 * pulls);
      if (far.frame.some(sample => Math.abs(sample) > 0.01)) heardMs += 10;
    }
    t.ok(heardMs >= 40, `${heardMs} of 40 ms`);
    t.equal(far.buffer.stats().droppedMs, 0);
  },
);

t.test('never more than its limit waits, whatever comes', async t => {
  const decoder = new LinearDecoder();
  const buffer = new JitterBuffer(decoder);
  const frame = new Float32Array(80);
  for (let i = 0; i < 500; i += 1) buffer.receive('PCMU', i * 160, new Uint8Array(320), 0, 320, i);
  buffer.pull(frame, 500);
  t.ok(buffer.stats().droppedMs >= 9_000, `${buffer.stats().droppedMs} ms dropped`);
  const random = createRandom(11);
  for (let i = 0; i < 100_000; i += 1) {
    const bytes = new Uint8Array(Math.floor(random() * 600));
    const timestamp = random() < 0.5 ? i * 80 + Math.floor(random() * 4_000) : Math.floor(random() * 2 ** 32);
    buffer.receive('PCMU', timestamp >>> 0, bytes, 0, bytes.length, 1_000 + i);
    if (i % 10 === 0) buffer.pull(frame, 1_000 + i);
  }
  t.ok(frame.every(Number.isFinite));
  t.ok(buffer.depthMs < 2_000);
});

t.test('before the first packet there is silence, and nothing counts as missing', async t => {
  const buffer = new JitterBuffer(new LinearDecoder());
  const frame = new Float32Array(80).fill(1);
  t.notOk(buffer.pull(frame, 0));
  t.ok(frame.every(sample => sample === 0));
  t.equal(buffer.stats().concealedMs, 0);
});

t.test('the click meter hears a click', async t => {
  const clicks = new ClickMeter();
  clicks.hear(Float32Array.from({ length: 800 }, (_, i) => Math.sin((2 * Math.PI * TONE_HZ * i) / 8_000)));
  t.ok(clicks.largest < 1e-5);
  clicks.hear(new Float32Array(80));
  t.ok(clicks.largest > 0.1);
});
