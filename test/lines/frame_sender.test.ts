import type { AudioFrame } from '@livekit/rtc-node';
import t from 'tap';
import { createFrame } from '../../pipeline/frame.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { RoomRate } from '../../pipeline/kernels/room_rate.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { FrameSender } from '../../src/lines/frame_sender.ts';
import { KERNEL_FOLDER } from '../pipeline/kernels/legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { rate: 16 });

/** Takes frames as the native library does: each is done when the test says so. */
class HandOutlet {
  readonly taken: number[] = [];
  #finish: ((failed: boolean) => void) | undefined;

  captureFrame(frame: AudioFrame): Promise<void> {
    // What was said is in its place by then.
    this.taken.push(frame.data.at(-1)!);
    return new Promise((resolve, reject) => {
      this.#finish = failed => (failed ? reject(new Error('refused')) : resolve());
    });
  }

  async finish(failed = false): Promise<void> {
    this.#finish?.(failed);
    await new Promise(resolve => setImmediate(resolve));
  }
}

function setUp() {
  const outlet = new HandOutlet();
  const sender = new FrameSender(outlet, new RoomRate(memory, 16_000, 'toRoom'));
  const frame = createFrame(16_000);
  const send = (value: number): void => {
    frame.samples.fill(value / 32768);
    sender.send(frame);
  };
  return { outlet, sender, frame, send };
}

t.test('one after the other, in order, whatever comes at once', async t => {
  const { outlet, send } = setUp();
  for (const value of [1, 2, 3]) send(value);
  t.strictSame(outlet.taken, [1]);
  await outlet.finish();
  await outlet.finish();
  await outlet.finish();
  t.strictSame(outlet.taken, [1, 2, 3]);
  send(4);
  t.strictSame(outlet.taken, [1, 2, 3, 4]);
});

t.test('what waits is flushed; what is under way is as good as sent', async t => {
  const { outlet, sender, send } = setUp();
  t.equal(sender.flush(), 0);
  for (const value of [1, 2, 3, 4]) send(value);
  t.equal(sender.flush(), 30);
  t.equal(sender.flush(), 0);
  send(5);
  await outlet.finish();
  await outlet.finish();
  t.strictSame(outlet.taken, [1, 5]);
});

t.test('a library that stands still costs frames, not memory', async t => {
  const { outlet, sender, send } = setUp();
  for (let value = 1; value <= LIMITS.senderFrames + 10; value += 1) send(value);
  t.equal(sender.dropped, 10);
  for (let i = 0; i < LIMITS.senderFrames + 5; i += 1) await outlet.finish();
  t.strictSame(outlet.taken.at(-1), LIMITS.senderFrames);
});

t.test('a refused frame is counted and the next one goes on', async t => {
  const { outlet, sender, send } = setUp();
  send(1);
  send(2);
  await outlet.finish(true);
  t.equal(sender.failures, 1);
  t.strictSame(outlet.taken, [1, 2]);
});

t.test('a frame that is not 10 ms at the rate never reaches the library, which would abort', async t => {
  const { outlet, sender, frame } = setUp();
  sender.send({ ...frame, samples: new Float32Array(159) });
  sender.send({ ...frame, samples: new Float32Array(0) });
  sender.send(createFrame(8000));
  t.strictSame(outlet.taken, []);
  t.equal(sender.dropped, 3);
});

t.test('samples are clamped, and what is no number is silence', async t => {
  const { outlet, sender, frame } = setUp();
  for (const value of [2, -2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5]) {
    frame.samples.fill(value);
    sender.send(frame);
    await outlet.finish();
  }
  t.strictSame(outlet.taken, [32767, -32768, 0, 32767, -32768, 16384]);
});
