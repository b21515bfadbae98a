import t from 'tap';
import { MediaClock } from '../../src/calls/media_clock.ts';
import { HandTime } from './hand_time.ts';

class Counter {
  ticks = 0;
  skipped = 0;

  tick(): void {
    this.ticks += 1;
  }

  skip(frames: number): void {
    this.skipped += frames;
  }
}

function started(): { time: HandTime; clock: MediaClock; call: Counter } {
  const time = new HandTime();
  const clock = new MediaClock(time);
  const call = new Counter();
  clock.add(call);
  clock.start();
  return { time, clock, call };
}

t.test('one tick each 10 ms', async t => {
  const { time, clock, call } = started();
  for (let i = 0; i < 500; i += 1) time.busyFor(1);
  t.equal(call.ticks, 50);
  t.equal(clock.ticks, 50);
  t.equal(clock.latenessP99Ms(), 0);
});

t.test('late ticks are made up for at once, and no time is lost', async t => {
  const { time, clock, call } = started();
  time.busyFor(10);
  time.busyFor(57);
  t.equal(call.ticks, 6);
  time.busyFor(3);
  t.equal(call.ticks, 7, 'the clock keeps to its grid');
  t.ok(clock.latenessP99Ms() >= 37, 'lateness is measured');
});

t.test('after a long stall calls are told what was skipped', async t => {
  const { time, call } = started();
  time.busyFor(10);
  time.busyFor(3000);
  t.equal(call.ticks, 1 + 20);
  t.equal(call.ticks + call.skipped, 301, 'media time keeps to the monotonic clock');
  time.busyFor(10);
  t.equal(call.ticks, 22);
});

t.test('calls come and go, also in the middle of a tick', async t => {
  const { time, clock, call } = started();
  const leaver = {
    tick: () => clock.remove(leaver),
    skip: () => {},
  };
  const stays = new Counter();
  clock.add(leaver);
  clock.add(stays);
  time.busyFor(20);
  t.equal(call.ticks, 2);
  t.equal(stays.ticks, 2);
});

t.test('a stopped clock stays stopped, also from within a tick', async t => {
  const { time, clock, call } = started();
  clock.add({ tick: () => clock.stop(), skip: () => {} });
  time.busyFor(10);
  t.equal(call.ticks, 1);
  t.notOk(time.waits);
  clock.start();
  clock.start();
  t.ok(time.waits);
  clock.stop();
  t.notOk(time.waits);
});
