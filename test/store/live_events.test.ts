import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import t from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openEventLog } from '../../src/store/event_log.ts';
import { eventsChannel, type LiveEvent, readLiveEvent } from '../../src/store/live_events.ts';
import { openQueries } from '../../src/store/queries.ts';
import { callStory, PERSONAL } from './call_story.ts';
import { startTestStore } from './postgres.ts';

const store = await startTestStore();
t.teardown(() => store.end());
const redisPort = await freePort();
const redisUrl = `redis://127.0.0.1:${redisPort}`;

async function startRedis() {
  const words = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--dir', store.dir];
  const server = spawn('redis-server', words, { stdio: 'ignore' });
  await once(server, 'spawn');
  return async () => {
    server.kill('SIGKILL');
    await once(server, 'close');
  };
}

function openLog() {
  return openEventLog({
    dir: join(store.dir, 'spool'),
    address: 'media-0',
    isAbandoned: () => false,
    databaseUrl: store.appUrl,
    redisUrl,
    vault: store.vault,
    findRemains: async () => undefined,
    log: createLogger('media-0', 'silent'),
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

t.test('committed events reach the channel of their tenant, sealed on the way', async t => {
  const stopRedis = await startRedis();
  const listener = new Redis(redisUrl);
  const messages: string[] = [];
  const channels = new Set<string>();
  listener.on('message', (channel, message) => {
    channels.add(channel);
    if (channel === eventsChannel('acme')) messages.push(message);
  });
  await listener.subscribe(eventsChannel('acme'), eventsChannel('early'));
  const queries = openQueries({ databaseUrl: store.appUrl, connections: 1, vault: store.vault });
  const log = await openLog();
  const story = callStory('acme', 'call-1');
  // Until the publisher has found its server, events go unpublished.
  for (let early = 0; channels.size === 0; early += 1) {
    for (const event of callStory('early', `call-${early}`)) log.sink.append(event);
    await sleep(50);
  }
  for (const event of story) log.sink.append(event);
  for (const event of callStory('other', 'call-2')) log.sink.append(event);
  await until(() => messages.length >= story.length);

  const heard = messages.map(message => readLiveEvent(message, store.vault));
  t.same(heard, await queries.eventsSince('acme', 0, 100), 'the same as the store tells');
  t.ok(heard.every(event => event?.tenantId === 'acme'));
  const all = messages.join('\n');
  for (const [what, value] of Object.entries(PERSONAL)) t.notOk(all.includes(value), what);

  await stopRedis();
  for (const event of callStory('acme', 'call-3')) log.sink.append(event);
  await until(() => log.stats().shipper.shipped === log.stats().spool.appended);
  await until(() => log.stats().unpublished >= story.length);
  const last = (heard.at(-1) as LiveEvent).seq;
  const missed = await queries.eventsSince('acme', last, 100);
  t.equal(missed.length, story.length, 'without Redis the store still has them');
  listener.disconnect();
  await log.close();
  await queries.close();
});

t.test('what is no event of ours is not read as one', async t => {
  const [good] = callStory('acme', 'call-1');
  const messages = [
    '',
    '{',
    'null',
    '[]',
    '{"seq":1}',
    JSON.stringify({ ...good, seq: 1 }),
    'x'.repeat(1 << 20),
  ];
  for (const message of messages) t.equal(readLiveEvent(message, store.vault), undefined);
});
