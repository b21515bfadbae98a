import t from 'tap';
import { startBareTimer } from '../../bench/density/bare_timer.ts';
import { talkingCallers } from '../../bench/density/callers.ts';
import type { Carried } from '../../bench/density/carried.ts';
import { memoryOfTreeMiB } from '../../bench/density/memory.ts';
import { densityOf, isInTime, meetsGoals, summaryOf } from '../../bench/density/summary.ts';
import { Histogram } from '../../bench/load/histogram.ts';
import { IncomingStream } from '../../bench/load/incoming_stream.ts';
import { takePosture } from '../../bench/posture.ts';

const PCM = new Int16Array(8000).fill(3000);

t.test('a packet is as late as it comes after its place on the grid of its own call', async t => {
  const lateness = new Histogram();
  const stream = new IncomingStream(0, undefined, () => undefined, lateness);
  const lateMs = (at: number): number => (at % 50 === 7 ? 12 : 0);
  for (let at = 0; at < 1000; at += 1) stream.receive(packet(at), 5000 + at * 20 + lateMs(at));
  t.equal(lateness.count, 1000);
  t.ok(lateness.percentileMs(0.97) < 0.2);
  t.ok(Math.abs(lateness.percentileMs(0.985) - 12) < 0.1);
  t.equal(lateness.maxMs, 12);
});

t.test('a far end whose clock is slow is not late for it', async t => {
  const lateness = new Histogram();
  const stream = new IncomingStream(0, undefined, () => undefined, lateness);
  for (let at = 0; at < 3000; at += 1) stream.receive(packet(at), at * 20 * 1.0001);
  t.ok(lateness.maxMs < 0.5, `${lateness.maxMs}`);
});

t.test(
  'callers take turns, each at times and with sentences of their own, and cut into one turn in seven',
  async t => {
    const { script } = talkingCallers({
      utterances: [{ pcm: PCM }, { pcm: PCM }],
      interruption: { pcm: PCM },
    });
    const { steps, goesRound } = script(3);
    t.ok(goesRound);
    t.equal(steps.filter(step => step.do === 'say').length, 6);
    t.equal(steps.filter(step => step.do === 'interrupt').length, 1);
    t.not(JSON.stringify(waits(script(3).steps)), JSON.stringify(waits(script(4).steps)));
    t.same(waits(script(3).steps), waits(script(3).steps));
  },
);

t.test(
  'a bare timer tells how well time is kept, and memory is that of a whole tree of processes',
  async t => {
    const alone = memoryOfTreeMiB(process.pid);
    const bare = await startBareTimer();
    t.teardown(() => bare.stop());
    t.ok(memoryOfTreeMiB(process.pid) > alone + 5);
    t.ok((await bare.latenessP999Ms()) >= 0);
  },
);

t.test('the most calls that were carried in time count; without one none does', async t => {
  const runs = {
    own: [carried(50), carried(100), carried(150, { latenessP999Ms: 9 })],
    livekit: { skipped: 'no' },
  };
  t.same(runs.own.map(isInTime), [true, true, false]);
  t.equal(densityOf(runs).calls, 100);
  t.equal(densityOf(runs).ratio, undefined);
  t.equal(densityOf({ ...runs, own: [carried(50, { lost: 1 })] }).calls, 0);
  const theirs = [
    carried(1, { pctCorePerCall: 30 }),
    carried(2, { pctCorePerCall: 24 }),
    carried(3, { lost: 4 }),
  ];
  const beside = densityOf({ own: runs.own, livekit: { versions: {}, carried: theirs } });
  t.match(beside.livekit, { calls: 2, pctCorePerCall: 24 });
  t.equal(beside.ratio, 60);
  t.notOk(meetsGoals(beside));
  t.ok(meetsGoals({ ...beside, calls: 150 }));
  t.match(summaryOf(runs, takePosture()), /\| own \| 150 \|.*\| no \|/);
});

function waits(steps: ReturnType<ReturnType<typeof talkingCallers>['script']>['steps']): readonly number[] {
  return steps.flatMap(step => (step.do === 'wait' ? [step.ms] : []));
}

function packet(at: number): Uint8Array {
  const bytes = Buffer.alloc(172);
  bytes[0] = 0x80;
  bytes.writeUInt16BE(at & 0xffff, 2);
  bytes.writeUInt32BE(at * 160, 4);
  bytes.writeUInt32BE(7, 8);
  return bytes;
}

function carried(calls: number, more: Partial<Carried> = {}): Carried {
  const timing = { latenessP50Ms: 0.3, latenessP99Ms: 1, latenessP999Ms: 2, latestMs: 4, bareTimerP999Ms: 1 };
  return {
    calls,
    seconds: 60,
    cpuPercent: { 'media-0': 0.4 * calls },
    pctCorePerCall: 0.4,
    mbPerCall: 2,
    ...timing,
    lost: 0,
    bargeInP95Ms: 200,
    generator: { invalidBecause: [] } as unknown as Carried['generator'],
    isSound: true,
    wire: {} as Carried['wire'],
    ...more,
  };
}
