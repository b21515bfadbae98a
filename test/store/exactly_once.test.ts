import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createLogger } from '../../src/observe/log.ts';
import { type EventLogOptions, openEventLog } from '../../src/store/event_log.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { encodeLine } from '../../src/store/spool/lines.ts';
import { callStory, storyTeller } from './call_story.ts';
import { asOwner, startTestStore } from './postgres.ts';

const CHILD = fileURLToPath(new URL('telling_child.ts', import.meta.url));
const store = await startTestStore();
t.teardown(() => store.end());

/** Starts a child that tells; `told` grows by the keys that are safe on its disk. */
function startChild(dir: string, run: string, told: string[]): ChildProcess {
  const words = [CHILD, dir, store.appUrl, store.keyFile, run];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', line => told.push(line));
  return child;
}

function openLog(dir: string, change: Partial<EventLogOptions> = {}) {
  return openEventLog({
    dir,
    address: 'media-0',
    isAbandoned: () => false,
    databaseUrl: store.appUrl,
    redisUrl: 'redis://127.0.0.1:1',
    vault: store.vault,
    findRemains: async () => undefined,
    log: createLogger('media-0', 'silent'),
    ...change,
  });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

async function keysStored(tenantId: string): Promise<string[]> {
  const rows = await asOwner<{ key: string }>(
    store,
    'SELECT key FROM events WHERE tenant_id = $1 ORDER BY seq',
    [tenantId],
  );
  return rows.map(({ key }) => key);
}

t.test('kill -9 of process and database at any moment loses and doubles nothing', async t => {
  const dir = join(store.dir, 'spool-kills');
  const told: string[] = [];
  for (let run = 0; run < 8; run += 1) {
    const before = told.length;
    const child = startChild(dir, `run${run}`, told);
    const closed = once(child, 'close');
    // A different moment in each run: at once, in mid-story, after several stories.
    await until(() => told.length > before + run * 17);
    if (run % 3 === 1) {
      const { exited, pid } = store.server();
      process.kill(pid, 'SIGKILL');
      await exited;
      const seen = told.length;
      await until(() => told.length > seen + 60);
    }
    child.kill('SIGKILL');
    await closed;
    if (run % 3 === 1) await store.start();
  }
  const finished = startChild(dir, 'finish', []);
  await once(finished, 'close');
  t.equal(finished.exitCode, 0);

  const safe = told.filter(line => line !== 'begun');
  const stored = await keysStored('acme');
  const missing = safe.filter(key => !new Set(stored).has(key));
  t.ok(safe.length > 300, `${safe.length} events were safe`);
  t.same(missing, [], 'whatever was safe on the disk is in the database');
  t.equal(new Set(stored).size, stored.length);

  const projected = await asOwner<{ type: string; events: string; rows: string }>(
    store,
    `SELECT 'quotes' AS type, (SELECT count(*) FROM events WHERE type = 'quote.made') AS events,
            (SELECT count(*) FROM quotes) AS rows
     UNION ALL SELECT 'consents', (SELECT count(*) FROM events WHERE type = 'consent.recorded'),
            (SELECT count(*) FROM consents)
     UNION ALL SELECT 'turns', (SELECT count(*) FROM events WHERE type IN ('turn.agent', 'turn.caller')),
            (SELECT count(*) FROM turns)`,
  );
  for (const { type, events, rows } of projected) t.equal(rows, events, `each event made its row in ${type}`);

  const open = await asOwner(store, 'SELECT call_id FROM calls WHERE ended_at IS NULL');
  t.same(open, [], 'no call is left open');
  const lost = await asOwner<{ lost: string; ended: string }>(
    store,
    `SELECT count(*) FILTER (WHERE end_reason = 'mediaLost' AND state = 'FAILED') AS lost,
            count(*) FILTER (WHERE end_reason = 'remoteHangup' AND state = 'COMPLETED') AS ended
     FROM calls`,
  );
  t.ok(Number(lost[0]?.lost) >= 8, `${lost[0]?.lost} calls were cut by the kills`);
  t.ok(Number(lost[0]?.ended) > 0, `${lost[0]?.ended} calls came to their end`);
  const unended = await asOwner(store, 'SELECT file FROM recordings WHERE duration_ms IS NULL');
  t.same(unended, [], 'no recording is left open');
  t.same(readdirSync(dir), [], 'the spool is empty');
});

t.test('calls go on while the database is away, and it catches up', async t => {
  const dir = join(store.dir, 'spool-away');
  const log = await openLog(dir);
  const story = callStory('away', 'call-1');
  const tell = (from: number, to: number) => {
    for (const event of story.slice(from, to)) log.sink.append(event);
  };
  tell(0, 4);
  await until(() => log.stats().shipper.shipped === 4);
  await store.server().stop();
  tell(4, 9);
  await log.flush();
  await until(() => log.stats().shipper.failures >= 2);
  t.match(log.stats(), { shipper: { away: true, shipped: 4 }, spool: { queued: 0, lost: 0 } });
  await store.start();
  tell(9, 12);
  await until(() => log.stats().shipper.shipped === 12);
  t.match(log.stats().shipper, { away: false, known: 0, rejected: 0, damaged: 0 });

  tell(12, story.length);
  await log.close();
  t.same(
    await keysStored('away'),
    story.map(({ key }) => key),
    'all of it, in order',
  );
});

t.test('a stop while the database is away leaves the rest to the next start', async t => {
  const dir = join(store.dir, 'spool-stop');
  const nowhere = await openLog(dir, { databaseUrl: 'postgres://x:x@127.0.0.1:1/x' });
  const story = callStory('later', 'call-1');
  for (const event of story) nowhere.sink.append(event);
  await nowhere.close();
  t.equal(readdirSync(dir).length, 1);
  const other = await openLog(dir, { address: 'media-1' });
  await other.close();
  t.same(await keysStored('later'), [], 'a sibling leaves it alone');
  const heir = await openLog(dir, { address: 'media-1', isAbandoned: address => address === 'media-0' });
  await heir.close();
  t.same(
    await keysStored('later'),
    story.map(({ key }) => key),
    'an heir takes it over',
  );
  t.same(readdirSync(dir), []);
});

t.test('an event that the database refuses does not hold up the others', async t => {
  const dir = join(store.dir, 'spool-refused');
  const log = await openLog(dir);
  const story = callStory('picky', 'call-1');
  // Within the contract, but more than an integer column holds.
  const odd = story.map(event =>
    event.type === 'turn.latency' ? { ...event, detail: { ...event.detail, turn: 2 ** 40 } } : event,
  );
  for (const event of odd) log.sink.append(event);
  await log.close();
  t.match(log.stats().shipper, { shipped: story.length - 1, rejected: 1 });
  t.ok(existsSync(join(dir, 'rejected.jsonl')), 'it is kept for people');
  t.equal((await keysStored('picky')).length, story.length - 1);
  const call = await asOwner(store, "SELECT state FROM calls WHERE tenant_id = 'picky'");
  t.same(call, [{ state: 'COMPLETED' }]);
});

t.test('damage in the spool costs what is damaged, and nothing else', async t => {
  const dir = join(store.dir, 'spool-damaged');
  mkdirSync(join(dir, 'media-0.000000001-1.00000000.spool'), { recursive: true });
  const events = callStory('damaged', 'call-1').map(event => encodeLine(sealEvent(event, store.vault)));
  const [first = Buffer.of(), second = Buffer.of(), ...rest] = events;
  const flipped = Buffer.from(second);
  flipped[40]! ^= 1;
  const garbage = Buffer.from('\0\xff garbage\n00000000 {}\n\n{"key":1}\n', 'latin1');
  const [last = Buffer.of()] = rest.slice(-1);
  const pieces = [garbage, first, flipped, ...rest.slice(0, -1), last.subarray(0, last.length >> 1)];
  writeFileSync(join(dir, 'media-0.000000002-1.00000000.spool'), Buffer.concat(pieces));
  const log = await openLog(dir);
  await log.close();
  t.match(log.stats().shipper, { damaged: 6, unreadable: 1, failures: 0 });
  const keys = callStory('damaged', 'call-1').map(({ key }) => key);
  const expected = [...keys.filter((_, i) => i !== 1 && i !== keys.length - 1), 'call-1:mediaLost'];
  t.same(await keysStored('damaged'), expected, 'the end that was cut short is made up for');
  t.same(readdirSync(dir), ['media-0.000000001-1.00000000.spool.unreadable']);
});

t.test('what a lost process had not sent on does not undo what its successor has', async t => {
  const tell = storyTeller('taken', 'call-1');
  const older = tell('slot.set', { slot: 'floors', value: 2, confirmed: false, sensitive: false });
  const newer = tell('slot.set', { slot: 'floors', value: 3, confirmed: true, sensitive: false });
  for (const event of [newer, older]) {
    const log = await openLog(join(store.dir, 'spool-taken'));
    log.sink.append(event);
    await log.close();
  }
  t.equal((await keysStored('taken')).length, 2);
  const slots = await asOwner(store, "SELECT value, confirmed FROM slots WHERE tenant_id = 'taken'");
  t.same(slots, [{ value: 3, confirmed: true }]);
});

t.test('what is told bit by bit is gathered', async t => {
  const log = await openLog(join(store.dir, 'spool-gathered'));
  const told = ['call-1', 'call-2', 'call-3'].flatMap(callId => callStory('gathered', callId));
  for (const event of told) {
    log.sink.append(event);
    await sleep(5);
  }
  await log.close();
  t.equal((await keysStored('gathered')).length, told.length);
  const [{ transactions }] = (await asOwner<{ transactions: string }>(
    store,
    "SELECT count(DISTINCT xmin::text) AS transactions FROM events WHERE tenant_id = 'gathered'",
  )) as [{ transactions: string }];
  t.ok(Number(transactions) <= told.length / 4, `${told.length} events in ${transactions} transactions`);
});
