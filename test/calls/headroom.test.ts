import t from 'tap';
import { Headroom } from '../../src/calls/headroom.ts';
import { MediaClock } from '../../src/calls/media_clock.ts';
import type { Sheddable } from '../../src/config/shedding.ts';
import { HandTime } from './hand_time.ts';

/** A thread whose tick takes as long as the test says, with a call on it. */
class BusyThread {
  readonly time = new HandTime();
  readonly clock = new MediaClock(this.time);
  readonly changes: { readonly atS: number; readonly shed: readonly Sheddable[] }[] = [];
  readonly headroom = new Headroom(this.clock, shed => this.changes.push({ atS: this.#seconds, shed }));
  /** Frames of the call, and those that were left out. */
  frames = 0;
  skipped = 0;
  #workMs = 0;

  constructor() {
    this.clock.add(this.headroom);
    this.clock.add({
      tick: () => {
        this.frames += 1;
        this.time.now += this.#workMs;
        this.time.worked += this.#workMs;
      },
      skip: frames => {
        this.skipped += frames;
      },
    });
    this.clock.start();
  }

  get #seconds(): number {
    return Math.round((this.time.now - 1000) / 1000);
  }

  work(seconds: number, share: number): void {
    this.#workMs = 10 * share;
    const untilMs = this.time.now + seconds * 1000;
    while (this.time.now < untilMs) this.time.idle();
  }

  /** Something else had the processor: every tick is late, and the thread itself does little. */
  stalled(seconds: number, stallMs: number): void {
    this.#workMs = 0;
    for (const untilMs = this.time.now + seconds * 1000; this.time.now < untilMs; )
      this.time.busyFor(stallMs);
  }

  get shed(): readonly (readonly Sheddable[])[] {
    return this.changes.map(({ shed }) => shed);
  }
}

const STRONG = ['strongSuppression'] as const;
const ALL = ['strongSuppression', 'newCalls'] as const;

t.test(
  'too much work: strong noise suppression goes first, new calls next, the frames of a call never',
  async t => {
    const thread = new BusyThread();
    thread.work(60, 0.5);
    t.same(thread.shed, []);
    t.ok(Math.abs(thread.headroom.busyShare - 0.5) < 0.02, 'measured');
    thread.work(20, 0.95);
    t.same(thread.shed, [STRONG, ALL]);
    t.ok(thread.changes[1]!.atS > thread.changes[0]!.atS, 'one after the other');
    t.notOk(thread.headroom.affords('strongSuppression'));
    t.notOk(thread.headroom.affords('newCalls'));
    t.equal(thread.skipped, 0);
    t.ok(thread.frames >= 7990);
  },
);

t.test('new calls come in while it is enough to go without strong noise suppression', async t => {
  const thread = new BusyThread();
  thread.work(60, 0.8);
  t.same(thread.shed, [STRONG]);
  t.ok(thread.headroom.affords('newCalls'));
});

t.test(
  'a thread that does little and is late all the same has no time either; one stall is nothing',
  async t => {
    const thread = new BusyThread();
    thread.work(5, 0.1);
    thread.stalled(0.15, 150);
    thread.work(30, 0.1);
    t.same(thread.shed, []);
    thread.stalled(20, 180);
    t.same(thread.shed, [STRONG, ALL]);
    t.ok(thread.headroom.busyShare < 0.1);
  },
);

t.test('what was given up comes back in the reverse order, after some seconds far below', async t => {
  const thread = new BusyThread();
  thread.work(20, 0.95);
  thread.work(120, 0.55);
  t.same(thread.shed, [STRONG, ALL], 'less than it takes to give it up is not enough');
  thread.work(120, 0.48);
  t.same(thread.shed.slice(2), [STRONG], 'calls come first');
  thread.work(40, 0.1);
  t.same(thread.shed.slice(3), [[]]);
});

t.test('where it was too early each time, it takes longer and longer', async t => {
  const thread = new BusyThread();
  thread.work(30, 0.8);
  for (let i = 0; i < 6; i += 1) {
    const before = thread.changes.length;
    for (let s = 0; s < 200 && thread.changes.length === before; s += 1) thread.work(1, 0.2);
    for (let s = 0; s < 200 && thread.changes.length === before + 1; s += 1) thread.work(1, 0.8);
  }
  const backAfterS = thread.changes.flatMap(({ atS, shed }, at) =>
    shed.length === 0 ? [atS - thread.changes[at - 1]!.atS] : [],
  );
  t.ok(backAfterS[2]! > backAfterS[1]!, String(backAfterS));
  t.ok(backAfterS[3]! > 1.5 * backAfterS[2]!, String(backAfterS));
  t.ok(backAfterS.at(-1)! <= 90, 'up to a limit');
});
