import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { NetworkDelay } from '../../src/lines/network_delay.ts';

type Room = ConstructorParameters<typeof NetworkDelay>[0];
type Statistics = Awaited<ReturnType<Room['getRtcStats']>>;

/** One track's sums, as WebRTC tells them; only what is looked at. */
function track(seconds: number, samples: number, kind = 'audio') {
  return {
    stats: {
      case: 'inboundRtp',
      value: {
        stream: { kind },
        inbound: { jitterBufferDelay: seconds, jitterBufferEmittedCount: BigInt(samples) },
      },
    },
  };
}

/** Gives these answers one after the other; resolves with the delays told once all were asked for. */
async function delaysFor(answers: readonly (readonly object[] | Error)[]): Promise<number[]> {
  const delays: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const room: Room = {
    getRtcStats: async () => {
      const answer = answers[asked];
      asked += 1;
      if (asked > answers.length) resolve();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('disconnected');
      return { publisherStats: answer, subscriberStats: [] } as unknown as Statistics;
    },
  };
  const delay = new NetworkDelay(room, ms => delays.push(ms), 1);
  await sleep(20);
  if (asked > 0) throw new Error('asks although nobody wants to know');
  delay.follow(true);
  await promise;
  delay.follow(false);
  const before = asked;
  await sleep(20);
  if (asked > before) throw new Error('asks although nobody wants to know any more');
  return delays;
}

t.test('tells the mean delay of what was heard in between', async t => {
  const other = { stats: { case: 'codec', value: {} } };
  const delays = await delaysFor([
    [other, track(480, 12_000)],
    [track(480 + 9600, 12_000 + 96_000), other],
    [track(480 + 9600, 12_000 + 96_000)],
    [track(480 + 9600 + 480, 12_000 + 96_000 + 12_000), track(1e9, 1, 'video')],
  ]);
  t.same(delays, [40, 100, 40]);
});

t.test('a track that goes, a connection that breaks and answers without sums tell nothing wrong', async t => {
  const empty = { stats: { case: 'inboundRtp', value: { stream: { kind: 'audio' } } } };
  const delays = await delaysFor([
    [track(480, 12_000)],
    new Error('disconnected'),
    [track(40, 1000)],
    [track(50, 1100)],
    [empty],
    [{ stats: { case: undefined } }],
  ]);
  t.same(delays, [40, 100]);
});

t.test('asks at once when it is wanted, but once at a time, and not when that has passed', async t => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<Statistics>();
  const room: Room = {
    getRtcStats: () => {
      asked += 1;
      return promise;
    },
  };
  const delays: number[] = [];
  const delay = new NetworkDelay(room, ms => delays.push(ms), 3_600_000);
  delay.follow(true);
  delay.follow(false);
  await sleep(1);
  t.equal(asked, 0);
  for (let i = 0; i < 100; i += 1) delay.follow(true);
  t.equal(asked, 0, 'not within the tick');
  await sleep(1);
  delay.follow(false);
  delay.follow(true);
  await sleep(1);
  t.equal(asked, 1);
  resolve({ publisherStats: [track(480, 12_000)], subscriberStats: [] } as unknown as Statistics);
  await sleep(1);
  t.same(delays, [40], 'the mean of all that was heard before');
  delay.follow(false);
});
