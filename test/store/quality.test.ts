import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { MEASURE_NAMES } from '../../src/quality/measures.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent, EventDetail } from '../../src/store/events.ts';
import { openQueries } from '../../src/store/queries.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { storyTeller } from './call_story.ts';
import { startTestStore } from './postgres.ts';

const store = await startTestStore();
const database = openDatabase(store.appUrl, 2);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 2, vault: store.vault });
t.teardown(async () => {
  await queries.close();
  await database.close();
  await store.end();
});

const WHOLE = { fromMs: 0, seconds: LIMITS.httpPageSeconds };

function write(tenantId: string, events: readonly CallEvent[]) {
  return writeEvents(
    database,
    tenantId,
    events.map(event => sealEvent(event, store.vault)),
  );
}

type Measured = EventDetail<'call.measured'>;

t.test('seconds come back as they were told, with what they come to', async t => {
  const tell = storyTeller('acme', 'heard');
  const first = tell('call.measured', {
    mediaMs: 0,
    seconds: 3,
    measures: {
      callerDb: [null, -23.4, -22.9],
      callerMos: [4.4, 3.9, 4.1],
      talkOverMs: [0, 150, 0],
      deadAirMs: [300, 0, 0],
      clippedSamples: [0, 4, 0],
      concealedFrames: [0, 2, 1],
    },
  });
  const second = tell('call.measured', {
    mediaMs: 3000,
    seconds: 2,
    measures: {
      callerMos: [4.4, null],
      agentMos: [3.2, 4.4],
      talkOverMs: [50, 0],
      deadAirMs: [0, 1000],
      clippedSamples: [1, 0],
      concealedFrames: [0, 0],
    },
  });
  await write('acme', [first]);
  t.match((await queries.getCall('acme', 'heard'))?.quality, { agent: { mosMean: null, mosLeast: null } });
  await write('acme', [first, second]);
  const summary = {
    seconds: 5,
    caller: { mosMean: (4.4 + 3.9 + 4.1 + 4.4) / 4, mosLeast: 3.9 },
    agent: { mosMean: 3.8, mosLeast: 3.2 },
    talkOverMs: 200,
    deadAirMs: 1300,
    clippedSamples: 5,
    concealedFrames: 3,
    worst: { atMs: 3000, mos: 3.2 },
  };
  const call = await queries.getCall('acme', 'heard');
  const { caller, agent } = call!.quality!;
  t.same(
    {
      ...call!.quality,
      caller: { ...caller, mosMean: Number(caller.mosMean?.toFixed(6)) },
      agent: { ...agent, mosMean: Number(agent.mosMean?.toFixed(6)) },
    },
    summary,
    'written twice, counted once',
  );
  const quality = await queries.qualityOf('acme', 'heard', WHOLE);
  t.same(quality?.atMs, [0, 1000, 2000, 3000, 4000]);
  t.same(quality?.summary, call?.quality);
  t.same(Object.keys(quality!.measures), MEASURE_NAMES);
  t.match(quality?.measures, {
    callerDb: [null, -23.4, -22.9, null, null],
    callerMos: [4.4, 3.9, 4.1, 4.4, null],
    agentMos: [null, null, null, 3.2, 4.4],
    roundTripMs: [null, null, null, null, null],
  });
  t.equal(quality?.nextMs, null);
});

t.test('both in one batch come to the same', async t => {
  const tell = storyTeller('acme', 'at-once');
  const event = (mediaMs: number, callerMos: number[]) =>
    tell('call.measured', { mediaMs, seconds: callerMos.length, measures: { callerMos } });
  await write('acme', [event(0, [4, 2]), event(2000, [3])]);
  t.match((await queries.getCall('acme', 'at-once'))?.quality, {
    seconds: 3,
    caller: { mosMean: 3, mosLeast: 2 },
    worst: { atMs: 1000, mos: 2 },
    deadAirMs: 0,
  });
});

t.test('a long call is read in pages, across gaps', async t => {
  const tell = storyTeller('acme', 'long');
  const events = Array.from({ length: 12 }, (_, batch) =>
    tell('call.measured', {
      // As after a takeover: not on a whole second, and with a hole before.
      mediaMs: batch * 10_000 + (batch < 6 ? 0 : 7_345),
      seconds: 10,
      measures: { jitterBufferMs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(second => batch * 10 + second) },
    }),
  );
  // The disk of a process that died tells late.
  await write('acme', events.slice(6));
  await write('acme', events.slice(0, 6));
  const atMs: number[] = [];
  const values: (number | null)[] = [];
  const pages: number[] = [];
  for (let fromMs: number | null = 0; fromMs !== null; ) {
    const page = await queries.qualityOf('acme', 'long', { fromMs, seconds: 34 });
    pages.push(page!.atMs.length);
    atMs.push(...page!.atMs);
    values.push(...page!.measures.jitterBufferMs);
    fromMs = page!.nextMs;
  }
  t.same(pages, [34, 34, 34, 18]);
  t.same(
    values,
    Array.from({ length: 120 }, (_, second) => second),
  );
  t.equal(atMs[59], 59_000);
  t.equal(atMs[60], 67_345);
  t.match(await queries.qualityOf('acme', 'long', { fromMs: 1e12, seconds: 5 }), { atMs: [], nextMs: null });
});

t.test('a call without sound has no quality, and no other tenant has this one', async t => {
  await write('acme', [storyTeller('acme', 'silent')('call.answered', {})]);
  t.equal((await queries.getCall('acme', 'silent'))?.quality, null);
  t.match(await queries.qualityOf('acme', 'silent', WHOLE), { summary: null, atMs: [], nextMs: null });
  t.equal(await queries.qualityOf('acme', 'none', WHOLE), undefined);
  t.equal(await queries.qualityOf('umbrella', 'heard', WHOLE), undefined);
});

t.test('what is no measurement is refused', async t => {
  const tell = storyTeller('acme', 'odd');
  const odd: Record<string, unknown> = {
    'columns of other lengths': { mediaMs: 0, seconds: 2, measures: { callerDb: [-20] } },
    'no second': { mediaMs: 0, seconds: 0, measures: {} },
    'too many seconds': {
      mediaMs: 0,
      seconds: LIMITS.measuredSeconds + 1,
      measures: { callerDb: Array(LIMITS.measuredSeconds + 1).fill(-20) },
    },
    'a measure that nobody knows': { mediaMs: 0, seconds: 1, measures: { name: [1] } },
    'what is no number': { mediaMs: 0, seconds: 1, measures: { callerDb: ['-20'] } },
    NaN: { mediaMs: 0, seconds: 1, measures: { callerDb: [Number.NaN] } },
    'beyond all scales': { mediaMs: 0, seconds: 1, measures: { talkOverMs: [1e300] } },
    'before the answer': { mediaMs: -1, seconds: 1, measures: {} },
  };
  for (const [name, detail] of Object.entries(odd)) {
    t.throws(() => sealEvent(tell('call.measured', detail as Measured), store.vault), name);
  }
  const most = MEASURE_NAMES.map(name => [name, Array(LIMITS.measuredSeconds).fill(-123_456.78)]);
  const largest = tell('call.measured', {
    mediaMs: 0,
    seconds: LIMITS.measuredSeconds,
    measures: Object.fromEntries(most),
  });
  t.ok(JSON.stringify(sealEvent(largest, store.vault)).length < LIMITS.spoolEventBytes / 8);
});
