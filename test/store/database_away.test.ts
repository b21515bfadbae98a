import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openDatabase, READER } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import { openQueries } from '../../src/store/queries.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { signalFamily } from '../e2e/process_tree.ts';
import { callStory } from './call_story.ts';
import { asOwner, startTestStore } from './postgres.ts';

const store = await startTestStore();
const database = openDatabase(store.appUrl, 1);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 4, vault: store.vault });
t.teardown(async () => {
  await queries.close();
  await database.close();
  await store.end();
});

t.test('a database that is away is told as such, and found again', async t => {
  const away = openQueries({
    databaseUrl: `postgres://trunkline_app:x@127.0.0.1:1/trunkline`,
    connections: 1,
    vault: store.vault,
  });
  await t.rejects(away.listCalls('acme', { limit: 1 }), { code: 'STORE_UNAVAILABLE' });
  await t.rejects(away.check(), { code: 'STORE_UNAVAILABLE' });
  await away.close();
  await store.server().stop();
  await t.rejects(queries.getCall('acme', 'none'), { code: 'STORE_UNAVAILABLE' });
  await store.start();
  t.equal(await queries.getCall('acme', 'none'), undefined);
});

t.test('a database that stands still: readers are told so, a writer waits until it goes on', async t => {
  const { pid } = store.server();
  const late = callStory('acme', 'late').map(event => sealEvent(event, store.vault));
  const another = openQueries({ databaseUrl: store.appUrl, connections: 1, vault: store.vault });
  t.teardown(() => another.close());
  await Promise.all([database.check(), queries.check()]);
  signalFamily(pid, 'SIGSTOP');
  t.teardown(() => signalFamily(pid, 'SIGCONT'));
  let waits = true;
  const writing = writeEvents(database, 'acme', late).finally(() => {
    waits = false;
  });
  const away = { code: 'STORE_UNAVAILABLE' };
  await Promise.all([
    t.rejects(queries.getCall('acme', 'late'), away, 'on a connection that is there'),
    t.rejects(another.listCalls('acme', { limit: 1 }), away, 'on a new one'),
    t.rejects(another.check(), away, 'on one that another read waits for'),
  ]);
  t.ok(waits, 'the writer does not give up as soon');
  signalFamily(pid, 'SIGCONT');
  t.equal((await writing).length, late.length);
  t.ok(await queries.getCall('acme', 'late'));
});

t.test('a read that is slow as a whole is ended, and so is what Postgres does for it', async t => {
  const reader = openDatabase(store.appUrl, 1, READER);
  t.teardown(() => reader.close());
  const nap = 'SELECT pg_sleep(2)';
  const slow = reader.transaction('acme', async tx => [await tx.query(nap, []), await tx.query(nap, [])]);
  await t.rejects(slow, { code: 'STORE_UNAVAILABLE' });
  const left = "SELECT FROM pg_stat_activity WHERE usename = 'trunkline_app' AND query LIKE '%pg_sleep%'";
  while ((await asOwner(store, left)).length > 0) await sleep(100);
  await reader.check();
});
