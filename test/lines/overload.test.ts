import t from 'tap';
import { MediaClock, type TimeBase } from '../../src/calls/media_clock.ts';
import { settle, TrunkRig } from './trunk_rig.ts';

const OVERLOAD_MS = 5000;
/** What a tick's work takes meanwhile, of the 10 ms that it has. */
const WORK_MS = 15;

/** The rig's time, in which the far end goes on speaking whatever the node does. */
class BusyTime implements TimeBase {
  readonly #rig: TrunkRig;
  #due: { readonly atMs: number; readonly callback: () => void } | undefined;
  #peerMs = 0;

  constructor(rig: TrunkRig) {
    this.#rig = rig;
  }

  nowMs(): number {
    return this.#rig.nowMs;
  }

  busyMs(): number {
    return 0;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#due = { atMs: this.#rig.nowMs + delayMs, callback };
    return () => {
      this.#due = undefined;
    };
  }

  pass(ms: number): void {
    this.#rig.nowMs += ms;
    for (this.#peerMs += ms; this.#peerMs >= 10; this.#peerMs -= 10) this.#rig.peer.tick();
  }

  /** Lets time go on and timers fire. */
  async run(ms: number): Promise<void> {
    for (const untilMs = this.#rig.nowMs + ms; this.#rig.nowMs < untilMs; ) {
      const due = this.#due;
      if (due !== undefined && due.atMs <= this.#rig.nowMs) {
        this.#due = undefined;
        due.callback();
      } else this.pass(1);
      await settle();
    }
  }
}

t.test('five seconds of too much work leave no delay behind', async t => {
  const rig = await TrunkRig.up();
  t.teardown(() => rig.close());
  const time = new BusyTime(rig);
  const clock = new MediaClock(time);
  let workMs = 0;
  let ticks = 0;
  let skipped = 0;
  clock.add({
    tick: () => {
      ticks += 1;
      rig.spread.startTick();
      rig.line.pull(rig.caller);
      rig.line.push(rig.agent);
      time.pass(workMs);
    },
    skip: frames => {
      skipped += frames;
    },
  });
  const startMs = rig.nowMs;
  clock.start();
  await time.run(3000);
  const before = rig.line.stats().jitterBufferMs;
  workMs = WORK_MS;
  await time.run(OVERLOAD_MS);
  const during = rig.line.stats().jitterBufferMs;
  workMs = 0;
  await time.run(2000);
  const after = rig.line.stats().jitterBufferMs;
  clock.stop();
  t.ok(during > before, `${during} ms were held back meanwhile`);
  t.ok(after <= before + 20, `${before} ms before, ${after} ms two seconds after`);
  t.ok(skipped > 0, 'the clock gave up what it could not catch up with');
  const apartMs = rig.nowMs - startMs - (ticks + skipped) * 10;
  t.ok(Math.abs(apartMs) <= 10, 'media time kept to the clock on the wall');
  const held = rig.concealed;
  await time.run(1000);
  t.equal(rig.concealed, held, 'and nothing is made up any more');
});
