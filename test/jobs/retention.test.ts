import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import { passesOf } from '../../src/jobs/retention_job.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { migrateJobs } from '../../src/store/migrate_jobs.ts';
import { openQueries } from '../../src/store/queries.ts';
import { type Forgetting, openRetention } from '../../src/store/retention.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { PERSONAL, storyTeller } from '../store/call_story.ts';
import { asOwner, startTestStore, withClient } from '../store/postgres.ts';

const CHILD = fileURLToPath(new URL('jobs_child.ts', import.meta.url));
const DAY_MS = 86_400_000;
const store = await startTestStore();
await migrateJobs(store.ownerUrl, () => undefined);
const database = openDatabase(store.appUrl, 1);
const retention = openRetention(store.appUrl);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 1, vault: store.vault });
t.teardown(async () => {
  await queries.close();
  await retention.close();
  await database.close();
  await store.end();
});
t.afterEach(async () => {
  for (const table of ['kept_states', 'consents', 'slots', 'turns', 'events', 'calls'])
    await asOwner(store, `DELETE FROM ${table}`);
});

/** What a call leaves in which something was said; its first word was so many days ago. */
function story(
  tenantId: string,
  callId: string,
  days: number,
  lineKind: 'trunk' | 'chat' = 'trunk',
): CallEvent[] {
  const startMs = Date.now() - days * DAY_MS;
  const tell = storyTeller(tenantId, callId, startMs);
  const parties = { from: PERSONAL.from, to: '', workflow: 'visits', workflowVersion: '1' };
  const keepUntil = new Date(startMs + DAY_MS).toISOString();
  const place = { turn: 2, mediaMs: 0, workflow: 'visits', version: '1', stage: 'ask' };
  return [
    tell('call.started', { direction: 'inbound', lineKind, ...parties }),
    tell('turn.agent', { turn: 1, text: PERSONAL.asked, startMs: 0, endMs: 1, interrupted: false }),
    tell('turn.caller', { turn: 2, text: PERSONAL.said, startMs: 1, endMs: 2, confidence: 1 }),
    tell('consent.recorded', { kind: 'recording', granted: true, mediaMs: 2 }),
    tell('slot.set', { slot: 'floors', value: 2, confirmed: true, sensitive: false }),
    tell('flow.stepped', { ...place, part: 'YSBwYXJ0' }),
    tell('flow.stepped', { ...place, part: 'YW5vdGhlcg==' }),
    tell('state.kept', { workflow: 'visits', keepUntil, state: '{"a":1}' }),
    tell('call.ended', {
      disposition: 'COMPLETED',
      reason: 'remoteHangup',
      durationMs: 9,
      framesConcealed: 0,
      framesDropped: 0,
    }),
  ];
}

async function keep(tenantId: string, events: readonly CallEvent[]): Promise<void> {
  await writeEvents(
    database,
    tenantId,
    events.map(event => sealEvent(event, store.vault)),
  );
}

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
const forget = (forgetting: Partial<Forgetting>, tenantId = 'acme') =>
  retention.forget(tenantId, {
    data: 'transcript',
    ofChats: false,
    before: daysAgo(100),
    calls: 10,
    ...forgetting,
  });

const typesOf = async (callId: string) => {
  const rows = await asOwner<{ type: string }>(
    store,
    'SELECT type FROM events WHERE call_id = $1 ORDER BY seq',
    [callId],
  );
  return rows.map(({ type }) => type);
};
const forgottenOf = (callId: string) =>
  asOwner<{ data: string; rows: number }>(
    store,
    `SELECT detail ->> 'data' AS data, (detail ->> 'rows')::integer AS rows FROM events
     WHERE call_id = $1 AND type = 'data.forgotten' ORDER BY seq`,
    [callId],
  );

t.test('words go and facts stay, and the record says so', async t => {
  await keep('acme', story('acme', 'old', 101));
  await keep('acme', story('acme', 'young', 99));
  await keep('acme', story('acme', 'chat', 101, 'chat'));
  await keep('other', story('other', 'theirs', 101));
  t.same(await forget({}), { calls: 1, rows: 2 });
  t.same(await forgottenOf('old'), [{ data: 'transcript', rows: 2 }]);
  t.match(await queries.getCall('acme', 'old'), {
    state: 'COMPLETED',
    turns: { length: 0 },
    consents: [{ granted: true }],
    slots: [{ slot: 'floors', value: 2 }],
  });
  t.same(await typesOf('old'), [
    'call.started',
    'consent.recorded',
    'slot.set',
    'flow.stepped',
    'flow.stepped',
    'state.kept',
    'call.ended',
    'data.forgotten',
  ]);
  for (const [tenantId, callId] of [
    ['acme', 'young'],
    ['acme', 'chat'],
    ['other', 'theirs'],
  ] as const)
    t.match(await queries.getCall(tenantId, callId), { turns: { length: 2 } }, callId);

  t.same(await forget({}), { calls: 0, rows: 0 }, 'and once');
  t.same(await forget({ ofChats: true }), { calls: 1, rows: 2 });
  t.match(await queries.getCall('acme', 'chat'), { turns: { length: 0 } });
  t.same(await forget({ data: 'history' }), { calls: 1, rows: 2 });
  t.same(await queries.stepsOf('acme', 'old', { from: 0, limit: 10 }), []);
  t.same(await forget({ data: 'state' }), { calls: 2, rows: 2 }, 'of chats and calls');
  t.same(
    (await asOwner<{ id: string }>(store, 'SELECT call_id AS id FROM kept_states ORDER BY 1')).map(
      ({ id }) => id,
    ),
    ['theirs', 'young'],
  );
  t.same(await forgottenOf('old'), [
    { data: 'transcript', rows: 2 },
    { data: 'history', rows: 2 },
    { data: 'state', rows: 1 },
  ]);
});

t.test('a call without an end is as old as its beginning; one without words is not told of', async t => {
  await keep('acme', story('acme', 'endless', 101).slice(0, 3));
  await keep('acme', story('acme', 'silent', 102).slice(0, 1));
  t.same(await forget({}), { calls: 2, rows: 2 });
  t.same(await forgottenOf('silent'), []);
  t.same(await forget({}), { calls: 0, rows: 0 });
});

t.test('a batch is so large, and the oldest come first', async t => {
  for (let days = 101; days <= 105; days += 1) await keep('acme', story('acme', `call-${days}`, days));
  t.same(await forget({ calls: 2 }), { calls: 2, rows: 4 });
  const [left] = await asOwner<{ ids: string[] }>(
    store,
    'SELECT array_agg(call_id::text ORDER BY call_id) AS ids FROM calls WHERE transcript_forgotten_at IS NULL',
  );
  t.same(left?.ids, ['call-101', 'call-102', 'call-103']);
  const both = await Promise.all([forget({}), forget({})]);
  t.same(both.map(({ calls }) => calls).toSorted(), [0, 3], 'of two at once one finds them');
});

t.test('the role of the node can delete nothing else', async t => {
  await keep('acme', story('acme', 'today', 0.5));
  await keep('other', story('other', 'theirs', 101));
  await withClient(store.appUrl, async client => {
    await client.query("SELECT set_config('trunkline.tenant', 'acme', false)");
    await t.rejects(client.query('DELETE FROM turns'), { code: '42501' });
    for (const sql of [
      "SELECT * FROM forget_of_calls('transcript', ARRAY['today', 'theirs'])",
      "SELECT * FROM forget_of_calls('history', ARRAY['today', 'theirs'])",
      "SELECT * FROM forget_states(ARRAY['today', 'theirs'])",
    ])
      t.same((await client.query(sql)).rows, [], sql);
    t.same((await client.query("SELECT * FROM forget_of_calls('consent', ARRAY['today'])")).rows, []);
  });
  t.match(await queries.getCall('other', 'theirs'), { turns: { length: 2 } });
  t.match(await queries.getCall('acme', 'today'), { turns: { length: 2 } });
});

t.test('0 is for ever, and a history is kept no longer than the words in it', async t => {
  const days = (config: object) => {
    const passes = passesOf(configSchema.parse({ retention: config }).retention);
    return passes.map(pass => `${pass.data}${pass.ofChats ? ' of chats' : ''} ${pass.days}`);
  };
  t.same(days({}), [
    'transcript 365',
    'transcript of chats 365',
    'history 90',
    'history of chats 90',
    'state 7',
  ]);
  t.same(days({ transcripts: 0, chats: 0, histories: 0, states: 0 }), []);
  t.same(days({ transcripts: 30, chats: 0, states: 0 }), [
    'transcript 30',
    'history 30',
    'history of chats 90',
  ]);
  t.same(days({ transcripts: 0, chats: 5, histories: 0, states: 0 }), [
    'transcript of chats 5',
    'history of chats 5',
  ]);
  t.throws(() => configSchema.parse({ retention: { transcripts: -1 } }));
});

function startJobs(t: Test) {
  const child = spawn(process.execPath, [CHILD, store.appUrl, store.keyFile, store.dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, JOBS_LOG: 'debug' },
  });
  let logged = '';
  child.stderr.on('data', chunk => {
    logged += String(chunk);
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { child, exited, logged: () => logged };
}

async function countOf(sql: string): Promise<number> {
  const [row] = await asOwner<{ count: string }>(store, `SELECT count(*) AS count FROM ${sql}`);
  return Number(row?.count);
}

async function until(sql: string, isEnough: (count: number) => boolean): Promise<number> {
  for (let i = 0; i < 600; i += 1) {
    const count = await countOf(sql);
    if (isEnough(count)) return count;
    await sleep(25);
  }
  return -1;
}

t.test('the role of jobs forgets batch by batch, and goes on where it was killed', async t => {
  mkdirSync(join(store.dir, 'workflows'), { recursive: true });
  cpSync(
    fileURLToPath(new URL('../../workflows/places', import.meta.url)),
    join(store.dir, 'workflows/places'),
    {
      recursive: true,
    },
  );
  const calls = Array.from({ length: 170 }, (_, index) => story('acme', `call-${index}`, 400));
  for (let from = 0; from < calls.length; from += 40) await keep('acme', calls.slice(from, from + 40).flat());
  await keep('acme', story('acme', 'young', 80));
  const forgotten = 'calls WHERE transcript_forgotten_at IS NOT NULL';

  const first = startJobs(t);
  const before = await until(forgotten, count => count > 0);
  first.child.kill('SIGKILL');
  await first.exited;
  t.ok(before > 0 && before < 170, `killed behind ${before} calls`);

  const second = startJobs(t);
  await until('kept_states', count => count === 0 || count === 1);
  await until(
    "jobs.workflow_status WHERE workflow_uuid LIKE 'retention:%' AND status = 'SUCCESS'",
    count => count > 0,
  );
  second.child.kill('SIGTERM');
  await second.exited;
  t.equal(await countOf('turns'), 2, 'those of the young one');
  t.equal(await countOf("events WHERE type = 'flow.stepped'"), 2);
  t.equal(
    await countOf("events WHERE type = 'data.forgotten'"),
    3 * 170 + 1,
    'each is told once, also of the young state',
  );
  t.equal(await countOf("events WHERE type = 'consent.recorded'"), 171);
  t.match(second.logged(), /"data":"transcript","ofChats":false,"days":365,"calls":\d+,"rows":\d+/);
  t.notMatch(second.logged(), /"level":[45]0/);
  t.notMatch(second.logged(), /call-\d|Thistlewick|15550100/, 'by counts only');
  t.equal(await countOf("jobs.workflow_schedules WHERE schedule_name = 'retention'"), 1, 'and every night');

  const third = startJobs(t);
  await until("jobs.workflow_status WHERE status = 'PENDING'", count => count === 0);
  third.child.kill('SIGTERM');
  await third.exited;
  t.equal(await countOf("jobs.workflow_status WHERE workflow_uuid LIKE 'retention:%'"), 1, 'once on a day');
});
