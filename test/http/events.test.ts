import { setImmediate as breathe } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import type { LiveEvent } from '../../src/store/live_events.ts';
import { openSse } from './sse_client.ts';
import { outcomeEvent, startTestPlane, WITH_KEY } from './test_plane.ts';

/** A store that grows, and a plane over it that listens. */
async function startFeed(t: Test, feedLimits: { readers?: number; batchRows?: number } = {}) {
  const stored: LiveEvent[] = [];
  const store = { away: false, reads: 0 };
  const assertThere = () => {
    if (store.away) throw new TrunklineError('STORE_UNAVAILABLE', 'a query failed');
  };
  const plane = await startTestPlane({
    feedLimits,
    queries: {
      lastSeq: async () => {
        assertThere();
        return stored.at(-1)?.seq ?? 0;
      },
      eventsSince: async (_, seq, limit) => {
        store.reads += 1;
        assertThere();
        return stored.filter(event => event.seq > seq).slice(0, limit);
      },
    },
  });
  t.teardown(plane.end);
  const url = `${await plane.app.listen({ host: '127.0.0.1', port: 0 })}/api/events`;
  return {
    ...plane,
    url,
    store,
    /** Commits an event; `told` says whether its publication arrives. */
    commit(seq: number, told = true, event: LiveEvent = outcomeEvent(seq)) {
      stored.push(event);
      if (told) plane.publications.publish(event);
    },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const idsOf = (client: { events: readonly { id: number }[] }) => client.events.map(({ id }) => id);

t.test('events as they are committed, from now on', async t => {
  const { url, commit } = await startFeed(t);
  commit(1);
  const client = await openSse(url);
  t.teardown(client.close);
  t.equal(client.status, 200);
  commit(2);
  commit(3);
  await client.until(2);
  t.same(idsOf(client), [2, 3]);
  t.same(client.events[0], { id: 2, type: 'call.outcome', data: outcomeEvent(2) });
});

t.test('of a ladder is only told that there is one', async t => {
  const { url, commit } = await startFeed(t);
  const client = await openSse(url);
  t.teardown(client.close);
  commit(1, true, { ...outcomeEvent(1), type: 'call.ladder', detail: { part: 'AAAA' } });
  await client.until(1);
  t.match(client.events, [{ type: 'call.ladder', data: { seq: 1, callId: 'call-1', detail: {} } }]);
  t.notMatch(client.text(), 'AAAA');
});

t.test('resumes after the last event that the reader knows', async t => {
  const { url, commit } = await startFeed(t);
  for (const seq of range(1, 35)) commit(seq, false);
  const client = await openSse(url, { 'last-event-id': '4' });
  t.teardown(client.close);
  await client.until(31);
  commit(36);
  await client.until(32);
  t.same(idsOf(client), range(5, 36), 'in several batches, each once, in order');
});

t.test('publications that come twice, late, or not at all', async t => {
  const { url, commit, publications } = await startFeed(t);
  const client = await openSse(url);
  t.teardown(client.close);
  commit(1);
  commit(2, false);
  commit(3, false);
  commit(4);
  publications.publish(outcomeEvent(4));
  publications.publish(outcomeEvent(2));
  publications.publish('garbage');
  publications.publish('{"seq": 9}');
  await client.until(4);
  commit(5);
  await client.until(5);
  t.same(idsOf(client), [1, 2, 3, 4, 5]);
});

t.test('Redis away: readers catch up from the store, with every heartbeat and when it is back', async t => {
  const { url, commit, publications, feed } = await startFeed(t);
  const client = await openSse(url);
  t.teardown(client.close);
  publications.connected = false;
  commit(1, false);
  commit(2, false);
  feed.beat();
  await client.until(2);
  commit(3, false);
  publications.reconnect();
  await client.until(3);
  t.same(idsOf(client), [1, 2, 3]);
  t.match(client.text(), /: alive\n\n/);
});

t.test('the store away: a new reader is told so, an old one goes on later', async t => {
  const { url, commit, store, app, feed, publications } = await startFeed(t);
  const client = await openSse(url);
  t.teardown(client.close);
  store.away = true;
  const answer = await app.inject({ url: '/api/events', headers: WITH_KEY });
  t.equal(answer.statusCode, 503);
  t.equal(answer.json().error.code, 'STORE_UNAVAILABLE');
  commit(1, false);
  const { reads } = store;
  commit(2);
  t.equal(store.reads, reads + 1, 'it asked for what it misses');
  await breathe();
  store.away = false;
  publications.connected = false;
  feed.beat();
  await client.until(2);
  t.same(idsOf(client), [1, 2]);
});

t.test('the events of one call', async t => {
  const { url, commit } = await startFeed(t);
  const client = await openSse(`${url}?callId=call-2`);
  t.teardown(client.close);
  for (const seq of range(1, 20)) commit(seq, true, outcomeEvent(seq, `call-${seq % 3}`));
  await client.until(7);
  t.same(idsOf(client), [2, 5, 8, 11, 14, 17, 20]);
});

t.test('no more readers than there are places; who leaves makes room', async t => {
  const { url, app, metrics } = await startFeed(t, { readers: 3 });
  const clients = await Promise.all(range(1, 3).map(() => openSse(url)));
  t.teardown(() => clients.map(client => client.close()));
  const refused = await app.inject({ url: '/api/events', headers: WITH_KEY });
  t.equal(refused.statusCode, 503);
  t.equal(refused.json().error.code, 'TOO_MANY_READERS');
  t.match(await metrics.text(), /trunkline_event_readers 3/);
  clients[0]?.close();
  while ((await metrics.text()).includes('trunkline_event_readers 3')) await breathe();
  const next = await openSse(url);
  t.teardown(next.close);
  t.equal(next.status, 200);
});

t.test('a flood of readers that come and go leaves nothing behind', async t => {
  const { url, commit, metrics } = await startFeed(t, { readers: 50 });
  for (const _ of range(1, 4)) {
    const clients = await Promise.all(range(1, 40).map(() => openSse(url)));
    for (const client of clients) client.close();
  }
  while (!/trunkline_event_readers 0/.test(await metrics.text())) await breathe();
  commit(1);
  const client = await openSse(url, { 'last-event-id': '0' });
  t.teardown(client.close);
  await client.until(1);
  t.same(idsOf(client), [1]);
});

/** Larger than what the kernel keeps for a reader: that is not ours to bound. */
const FLOOD = 6000;
const large = (seq: number): LiveEvent =>
  ({ ...outcomeEvent(seq), detail: { outcome: 'x'.repeat(4000) } }) as LiveEvent;

t.test('a slow reader gets everything at its own pace, and holds up nobody', async t => {
  const { url, commit, feed } = await startFeed(t, { batchRows: 500 });
  const slow = await openSse(url);
  const quick = await openSse(url);
  t.teardown(slow.close);
  t.teardown(quick.close);
  slow.pause();
  for (const seq of range(1, FLOOD)) commit(seq, true, large(seq));
  await quick.until(FLOOD);
  t.ok(slow.events.length < FLOOD / 2, 'it has not got all');
  t.ok(feed.bufferedBytes < 100_000, 'what it has not got is not kept for it');
  slow.resume();
  await slow.until(FLOOD);
  t.same(idsOf(slow), range(1, FLOOD));
});

t.test('a reader that takes nothing is cut off by the heartbeat; it may resume', async t => {
  const { url, commit, feed, metrics } = await startFeed(t);
  const slow = await openSse(url);
  const quick = await openSse(url);
  t.teardown(slow.close);
  t.teardown(quick.close);
  slow.pause();
  for (const seq of range(1, FLOOD)) commit(seq, true, large(seq));
  await quick.until(FLOOD);
  feed.beat();
  t.match(await metrics.text(), /trunkline_event_readers_dropped_total 0/, 'it is given its time');
  feed.beat();
  await breathe();
  t.match(await metrics.text(), /trunkline_event_readers_dropped_total 1/);
  t.match(await metrics.text(), /trunkline_event_readers 1/, 'the other one stays');
  slow.resume();
  await slow.closed;
  const last = slow.events.at(-1)?.id ?? 0;
  t.ok(last < FLOOD);
  const resumed = await openSse(url, { 'last-event-id': String(last) });
  t.teardown(resumed.close);
  await resumed.until(FLOOD - last);
  t.same(idsOf(resumed), range(last + 1, FLOOD));
});

t.test('the end of the node ends the streams', async t => {
  const { url, app } = await startFeed(t);
  const client = await openSse(url);
  await app.close();
  await client.closed;
  t.match(client.text(), /^retry: \d+\n\n/);
});

t.test('what the events say is counted', async t => {
  const { publications, metrics } = await startFeed(t);
  const at = { key: 'k', tenantId: 'default', callId: 'call-1', at: '2026-03-01T10:00:00.000Z' };
  const latency = { turn: 1, lastSoundMs: 1000, endOfTurnMs: 1450, sttFinalMs: 1460, firstWordMs: 1460 };
  publications.publish({
    ...at,
    seq: 1,
    type: 'turn.latency',
    detail: {
      ...latency,
      firstTokenMs: 1300,
      firstAudioMs: 1500,
      firstFrameMs: 1520,
      heardBy: { provider: 'deepgram', ms: 60 },
      thoughtBy: { provider: 'openai', ms: 240 },
    },
  });
  const detail = { reason: 'x', durationMs: 1, framesConcealed: 0, framesDropped: 0 };
  publications.publish({ ...at, seq: 2, type: 'call.ended', detail: { ...detail, disposition: 'FAILED' } });
  const text = await metrics.text();
  t.match(text, /trunkline_turn_latency_seconds_sum 0\.52/);
  t.match(text, /trunkline_turn_step_seconds_sum\{step="first_token"\} 0\.3\n/);
  t.match(text, /trunkline_turn_step_seconds_sum\{step="stt_final"\} 0\.46\n/);
  t.match(text, /trunkline_turn_provider_seconds_sum\{role="heard",provider="deepgram"\} 0\.06\n/);
  t.match(text, /trunkline_turn_provider_seconds_sum\{role="thought",provider="openai"\} 0\.24\n/);
  t.notMatch(text, 'role="spoke"', 'nobody was asked to speak');
  t.match(text, /trunkline_calls_ended_total\{disposition="FAILED"\} 1/);
  t.match(text, /trunkline_call_event_lag_seconds_count 2/);
});
