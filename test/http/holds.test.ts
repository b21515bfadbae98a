import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import { RecordingSweep } from '../../src/jobs/recording_sweep.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import { openLegalHolds } from '../../src/store/legal_holds.ts';
import { openQueries } from '../../src/store/queries.ts';
import { openDeletions, openRecordingDeletions } from '../../src/store/recording_deletions.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { callStory } from '../store/call_story.ts';
import { startTestStore } from '../store/postgres.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

/** The control plane over a real record and real files, with what the role of jobs does at night. */
const store = await startTestStore();
const database = openDatabase(store.appUrl, 1);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 2, vault: store.vault });
const holds = openLegalHolds(store.appUrl, store.vault);
const deletions = openDeletions(store.appUrl);
const work = openRecordingDeletions(store.appUrl);
const recordingsDir = join(store.dir, 'recordings');
mkdirSync(join(recordingsDir, 'default'), { recursive: true });
const { app, end } = await startTestPlane({ queries, plane: { holds, deletions, recordingsDir } });
const base = await app.listen({ host: '127.0.0.1', port: 0 });
t.teardown(async () => {
  await end();
  for (const part of [queries, holds, deletions, work, database]) await part.close();
  await store.end();
});

/** It ended long ago. */
async function keepCall(callId: string, sound: Buffer): Promise<void> {
  const story = callStory('default', callId, Date.UTC(2025, 0, 5, 12));
  await writeEvents(
    database,
    'default',
    story.map(event => sealEvent(event, store.vault)),
  );
  writeFileSync(join(recordingsDir, 'default', `${callId}.wav`), sound);
}

async function night(at = new Date()): Promise<void> {
  const { retention: days } = configSchema.parse({});
  const log = createLogger('jobs', 'silent');
  const sweep = new RecordingSweep({ tenantId: 'default', dir: recordingsDir, days, deletions: work, log });
  await sweep.run(at, new AbortController().signal);
}

const get = (url: string) => app.inject({ url, headers: WITH_KEY });
const post = (url: string, body: object, who: Record<string, string> = { 'trunkline-operator': 'counsel' }) =>
  app.inject({ method: 'POST', url, headers: { ...WITH_KEY, ...who }, payload: body });

t.test('a hold keeps the recording; without it that is gone, and its proof is there', async t => {
  const sound = Buffer.from('the sound of it');
  await keepCall('call-1', sound);
  const set = await post('/api/calls/call-1/holds', { why: 'the matter of the scratched grand' });
  t.equal(set.statusCode, 201);
  const { hold } = set.json();
  t.match(set.json(), { callId: 'call-1', setBy: 'counsel', why: /scratched/, liftedAt: null });
  await night();
  t.equal((await get('/api/calls/call-1/recording')).body, 'the sound of it');
  t.match((await get('/api/calls/call-1')).json(), { isHeld: true, deletions: [] });
  t.match((await get('/api/holds?inForce=true')).json(), { holds: [{ hold }], next: null });
  t.same((await get('/api/holds?inForce=false')).json().holds, []);

  const lifted = await post(`/api/calls/call-1/holds/${hold}/lift`, { why: 'settled' });
  t.match(lifted.json(), { hold, liftedBy: 'counsel', liftWhy: 'settled' });
  t.match((await post(`/api/calls/call-1/holds/${hold}/lift`, { why: 'again' })).json(), {
    error: { code: 'HOLD_STATE' },
  });
  await night();
  const gone = await get('/api/calls/call-1/recording');
  t.equal(gone.statusCode, 410);
  const { error } = gone.json();
  t.equal(error.code, 'RECORDING_DELETED');
  t.match(error.detail, new RegExp(`^on ${new Date().toISOString().slice(0, 8)}`));
  const sha256 = createHash('sha256').update(sound).digest('hex');
  const proof = { callId: 'call-1', sha256, bytes: sound.length, rule: 'retention.recordings', days: 90 };
  t.match((await get('/api/calls/call-1')).json(), {
    isHeld: false,
    deletions: [proof],
    recordings: [{ deletedAt: error.detail.slice(3) }],
  });
  t.match((await get('/api/deletions?callId=call-1')).json(), { deletions: [proof], next: null });
  t.same((await get('/api/deletions?callId=call-2')).json().deletions, []);
  const last = await queries.eventsSince('default', 0, 1000);
  t.match(
    last.slice(-3).map(({ type, detail }) => ({ type, detail })),
    [
      { type: 'hold.set', detail: { hold, by: 'counsel', why: /scratched/ } },
      { type: 'hold.lifted', detail: { hold } },
      { type: 'recording.deleted', detail: { sha256 } },
    ],
    'the record has it in order',
  );
});

t.test('who orders, what for and of which call is asked for', async t => {
  const orders = [
    [await post('/api/calls/call-1/holds', { why: 'x' }, {}), 400],
    [await post('/api/calls/call-1/holds', { why: ' ' }), 400],
    [await post('/api/calls/call-1/holds', { why: 'x'.repeat(2001) }), 400],
    [await post('/api/calls/nobody/holds', { why: 'x' }), 404],
    [await post('/api/calls/call-1/holds/none/lift', { why: 'x' }), 400],
    [await post(`/api/calls/call-1/holds/${crypto.randomUUID()}/lift`, { why: 'x' }), 404],
    [await app.inject({ method: 'POST', url: '/api/calls/call-1/holds', payload: { why: 'x' } }), 401],
    [await get('/api/deletions?cursor=garbage'), 400],
  ] as const;
  for (const [at, [answer, status]] of orders.entries()) t.equal(answer.statusCode, status, `order ${at}`);
  for (let count = 0; count < 20; count += 1) await post('/api/calls/call-1/holds', { why: `${count}` });
  t.equal((await post('/api/calls/call-1/holds', { why: 'one more' })).statusCode, 409);
});

t.test('who downloads a recording while it is deleted is given all of it', async t => {
  const sound = Buffer.alloc(40_000_000, 'sound');
  await keepCall('call-9', sound);
  const answer = await fetch(`${base}/api/calls/call-9/recording`, { headers: WITH_KEY });
  const reader = answer.body?.getReader();
  const hash = createHash('sha256');
  let isDeleted = false;
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) break;
    hash.update(value);
    if (isDeleted) continue;
    isDeleted = true;
    await night();
    t.equal((await get('/api/calls/call-9/recording')).statusCode, 410);
  }
  const [proof] = (await deletions.list('default', { limit: 1 }, 'call-9')).rows;
  t.equal(hash.digest('hex'), proof?.sha256);
});
