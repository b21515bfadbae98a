import { Worker } from 'node:worker_threads';
import t from 'tap';
import { measureThreads } from '../../bench/held/threads.ts';
import { type Held, isHeld, saturated } from '../../bench/held/verdict.ts';

const CORES = 2;

function heldOf(more: Partial<Held> = {}): Held {
  return {
    wanted: 100,
    calls: 100,
    seconds: 30,
    cpuPercent: { 'media-0': 40, edge: 1 },
    pctCorePerCall: 0.4,
    mbPerCall: 2,
    latenessP50Ms: 0.5,
    latenessP99Ms: 2,
    latenessP999Ms: 3,
    latestMs: 5,
    bareTimerP999Ms: 1,
    lost: 0,
    bargeInP95Ms: 200,
    generator: {
      lateP50Ms: 0,
      lateP99Ms: 1,
      latestMs: 2,
      skippedSlots: 0,
      stolenPercent: 0,
      cpuPercent: 20,
      invalidBecause: [],
    },
    isSound: true,
    wire: {} as Held['wire'],
    threads: { 'media-0 audio': 30, 'media-0 talk': 10, edge: 1 },
    busyRatio: {},
    shed: {},
    notAdmitted: {},
    ...more,
  };
}

t.test('what all came up and was in time is held, and nothing saturates', async t => {
  t.ok(isHeld(heldOf()));
  t.equal(saturated(heldOf(), CORES), undefined);
  t.notOk(isHeld(heldOf({ calls: 99 })), 'one did not come up');
  t.notOk(isHeld(heldOf({ latenessP999Ms: 7 })));
  t.notOk(isHeld(heldOf({ lost: 1 })));
});

t.test('what saturates is named by the first evidence', async t => {
  const late = { latenessP999Ms: 30 };
  const slow = { ...heldOf().generator, invalidBecause: ['its packets were late'] };
  const cases: readonly (readonly [Partial<Held>, string])[] = [
    [{ ...late, threads: { 'media-0 audio': 90, postgres: 20 } }, 'media-0 audio'],
    [{ ...late, threads: { 'media-0 audio': 60, 'media-0 talk': 88 }, generator: slow }, 'media-0 talk'],
    [{ calls: 60, notAdmitted: { OVERLOADED: 0, CAPACITY: 40 } }, 'limit CAPACITY'],
    [
      { ...late, cpuPercent: { 'media-0': 84, postgres: 80 }, generator: slow },
      'processors, callers among them',
    ],
    [{ ...late, generator: slow }, 'generator'],
    [{ calls: 90, notAdmitted: { OVERLOADED: 10 } }, 'headroom of the audio threads'],
    [late, 'lateness, of no cause that was seen'],
  ];
  for (const [more, cause] of cases) t.equal(saturated(heldOf(more), CORES), cause);
});

t.test('threads are measured one by one', async t => {
  const worker = new Worker('for (;;);', { eval: true, name: 'spins' });
  t.teardown(() => worker.terminate());
  await new Promise(resolve => worker.once('online', resolve));
  const measuring = measureThreads(process.pid);
  await new Promise(resolve => setTimeout(resolve, 1000));
  const use = measuring.stop();
  const [busiest] = Object.entries(use).toSorted(([, a], [, b]) => b - a);
  t.match(busiest?.[0], /spins/);
});
