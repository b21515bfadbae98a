import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { writeSecretFile } from '../../src/compliance/secret_file.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createHub } from '../../src/ipc/hub.ts';
import { connectLink } from '../../src/ipc/link.ts';
import type { Address } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { run } from '../../src/roles/api.ts';
import { openEventLog } from '../../src/store/event_log.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { talkFlow } from '../agent/talk_flow.ts';
import { signalFamily } from '../e2e/process_tree.ts';
import { serveOpenAiChat } from '../providers/servers/openai_chat.ts';
import { callStory, PERSONAL } from '../store/call_story.ts';
import { startTestStore } from '../store/postgres.ts';
import { ROOT } from '../tidy/sources.ts';
import { SALES } from '../workflow/sales_flow.ts';
import { openSse } from './sse_client.ts';
import { API_KEY, WITH_KEY } from './test_plane.ts';

/** The role over a real database, a real Redis and a real hub. */
const store = await startTestStore();
const redisPort = await freePort();
const redisUrl = `redis://127.0.0.1:${redisPort}`;
const log = createLogger('api', 'silent');

async function startRedis() {
  const words = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--dir', store.dir];
  const server = spawn('redis-server', words, { stdio: 'ignore' });
  await once(server, 'spawn');
  return async () => {
    server.kill('SIGKILL');
    await once(server, 'close');
  };
}

function configOf(port: number) {
  return configSchema.parse({
    dataDir: store.dir,
    http: { port },
    redis: { url: redisUrl },
    postgres: { url: store.appUrl },
    providers: {
      llm: [{ kind: 'openai', model: 'a-model', url: `${model.url}/v1`, keyFile: 'model.key' }],
    },
    livekit: { url: 'ws://127.0.0.1:1', apiSecret: 'a-secret-for-tests-of-32-letters-or-more' },
    sealKeyFile: store.keyFile,
  });
}

const model = await serveOpenAiChat({
  key: API_KEY,
  answer: () => ({ steps: [{ say: 'Yes, we move those.' }] }),
});
writeFileSync(join(store.dir, 'model.key'), API_KEY);
const port = await freePort();
const config = configOf(port);
const paths = nodePaths(store.dir, config);
mkdirSync(paths.run, { recursive: true });
mkdirSync(paths.workflows, { recursive: true });
mkdirSync(join(paths.recordings, 'default'), { recursive: true });
talkFlow(yaml => {
  writeFileSync(join(paths.workflows, 'talker.yaml'), yaml);
  return yaml;
});
writeFileSync(join(paths.workflows, 'rich.yaml'), SALES);
cpSync(join(ROOT, 'workflows', 'places'), join(paths.workflows, 'places'), { recursive: true });
writeFileSync(join(paths.recordings, 'default', 'call-1.wav'), 'the sound of it');
writeSecretFile(join(paths.keys, 'api.key'), `${API_KEY}\n`);

const hub = await createHub({ socketPath: join(paths.run, 'hub.sock'), log });
const link = (address: Address) => connectLink({ address, socketPath: hub.socketPath, log });

let stopRedis = await startRedis();
const edge = await link('edge');
edge.send('supervisor', { type: 'ready', detail: '' });
await new Promise<void>(resolve => hub.on('ready', () => resolve()));
const jobs = await link('jobs');
jobs.send('supervisor', { type: 'ready', detail: '' });
const apiLink = await link('api');
const context = {
  address: 'api',
  config,
  paths,
  ownsLiveKit: true,
  runtimeFile: '',
  link: apiLink,
  log,
} as const;
const ready = new Promise<string>(resolve => hub.on('ready', ({ detail }) => resolve(detail)));
const role = await run(context);
const base = await ready;

const eventLog = await openEventLog({
  dir: paths.spool,
  address: 'media-0',
  isAbandoned: () => false,
  databaseUrl: store.appUrl,
  redisUrl,
  vault: store.vault,
  findRemains: async () => undefined,
  log,
});

t.teardown(async () => {
  await eventLog.close();
  await role.stop();
  await apiLink.close();
  await edge.close();
  await jobs.close();
  await hub.close();
  await stopRedis();
  await model.close();
  await store.end();
});

async function get(path: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${base}${path}`, { headers: WITH_KEY });
  return { status: answer.status, body: await answer.text() };
}

async function untilReadiness(state: string): Promise<string> {
  for (;;) {
    const { body } = await get('/readyz');
    if (body.includes(state)) return body;
    await sleep(50);
  }
}

t.test('ready only with edge and media', async t => {
  t.equal(base, `http://127.0.0.1:${port}`, 'on the loopback');
  t.match(JSON.parse(await untilReadiness('"redis":"up"')), {
    status: 'notReady',
    parts: { postgres: 'up', redis: 'up', edge: 'up', media: 'down', jobs: 'up' },
  });
  const media = await link('media-0');
  media.send('supervisor', { type: 'ready', detail: '' });
  media.send('api', {
    type: 'load',
    calls: 2,
    unanswered: 0,
    maxCalls: 32,
    tickLatenessP99Ms: 3,
    draining: false,
    spoolFull: false,
    busyShare: 0,
    shed: [],
  });
  await untilReadiness('"status":"ready"');
  t.match((await get('/metrics')).body, /trunkline_calls_active\{media="media-0"\} 2/);
  await media.close();
  await untilReadiness('"media":"down"');
});

function withoutState(event: CallEvent): object {
  if (event.type !== 'state.kept') return event;
  const { state: _, ...detail } = event.detail;
  return { ...event, detail };
}

t.test('a call from its first event to its record', async t => {
  const stream = await openSse(`${base}/api/events`);
  t.teardown(stream.close);
  const story = callStory('default', 'call-1');
  for (const event of story) eventLog.sink.append(event);
  await stream.until(story.length);
  t.same(
    stream.events.map(({ data }) => data),
    story.map((event, at) => ({ ...withoutState(event), seq: stream.events[at]?.id })),
    'opened, in order, as they were told, but for the state that is kept elsewhere',
  );

  const list = JSON.parse((await get('/api/calls')).body);
  t.match(list, { calls: [{ callId: 'call-1', state: 'COMPLETED', from: PERSONAL.from }], next: null });
  const call = JSON.parse((await get('/api/calls/call-1')).body);
  t.match(call, { callId: 'call-1', turns: { length: 3 }, quotes: { length: 1 } });
  t.match(call.slots, [
    { slot: 'floors', value: 3 },
    { slot: 'pickup', value: PERSONAL.address, sensitive: true },
    { slot: 'name', value: PERSONAL.name },
  ]);
  t.equal((await get(call.recordings[0].url)).body, 'the sound of it');
  t.match(JSON.parse((await get('/api/holds?callId=call-1')).body), { holds: [], next: null });
  t.match(JSON.parse((await get('/api/deletions')).body), { deletions: [], next: null });
  for (const name of ['deleted', 'held', 'not_deleted'])
    while (!(await get('/metrics')).body.includes(`\ntrunkline_recordings_${name} 0\n`)) await sleep(20);
  t.match(JSON.parse((await get('/api/quotes')).body), { quotes: [{ callId: 'call-1' }], next: null });
  t.equal((await get(`/api/calls?from=${encodeURIComponent(PERSONAL.from)}`)).body.includes('call-1'), true);
  t.same(JSON.parse((await get('/api/calls?from=%2B15550100555')).body).calls, []);
  t.equal((await get('/api/calls?cursor=garbage')).status, 400);

  for (let call_ = 2; call_ <= 5; call_ += 1) {
    for (const event of callStory('default', `call-${call_}`)) eventLog.sink.append(event);
  }
  await stream.until(story.length * 5);
  const seen: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page = JSON.parse((await get(`/api/calls?limit=2${cursor}`)).body);
    seen.push(...page.calls.map(({ callId }: { callId: string }) => callId));
    next = page.next;
  }
  t.same(seen.toSorted(), ['call-1', 'call-2', 'call-3', 'call-4', 'call-5'], 'each once, over three pages');
});

t.test('a chat with a model, and its events as those of a call', async t => {
  const stream = await openSse(`${base}/api/events`);
  t.teardown(stream.close);
  const post = async (path: string, body: object) => {
    const headers = { ...WITH_KEY, 'content-type': 'application/json' };
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as { chatId: string; said: readonly string[] };
  };
  t.equal(model.connectionsMade, 0, 'no model is opened before it has something to say');
  const { chatId } = await post('/api/chats', { workflow: 'talker' });
  const { said } = await post(`/api/chats/${chatId}/messages`, { text: 'do you move grand pianos' });
  t.same(said, ['Yes, we move those.']);
  await stream.until(8);
  t.match(stream.events, [
    { type: 'call.started', data: { callId: chatId, detail: { lineKind: 'chat', workflow: 'talker' } } },
    { type: 'call.answered' },
    { type: 'flow.stepped', data: { detail: { workflow: 'talker', part: undefined } } },
    { type: 'flow.stepped' },
    { type: 'turn.agent' },
    { type: 'turn.caller', data: { detail: { text: 'do you move grand pianos' } } },
    { type: 'flow.stepped' },
    { type: 'turn.agent', data: { detail: { text: 'Yes, we move those.' } } },
  ]);
  const asked = /provider_attempts_total\{kind="llm",provider="openai",outcome="ok"\} 1\n/;
  while (!asked.test((await get('/metrics')).body)) await sleep(20);
  t.match((await get('/metrics')).body, /provider_requests_total\{kind="llm",provider="openai"\} 1\n/);
  t.match(JSON.parse((await get('/api/providers')).body).providers, [
    { kind: 'stt', name: 'pocketsphinx', off: null },
    { kind: 'llm', name: 'openai', service: 'openai', off: null },
    { kind: 'tts', name: 'flite', off: null },
  ]);
});

t.test('whoever broke a chat off is known again by what they are called', async t => {
  const send = async (method: string, path: string, body?: object) => {
    const headers = { ...WITH_KEY, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${base}/api/chats${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      ...(text !== '' && (JSON.parse(text) as { chatId: string; said: string[] })),
    };
  };
  const party = { workflow: 'rich', from: 'Customer 4711' };
  const { chatId } = await send('POST', '', party);
  for (const text of ['no', 'roofer']) await send('POST', `/${chatId}/messages`, { text });
  t.equal((await send('DELETE', `/${chatId}`)).status, 204);
  const by = async (body: object) => {
    const begun = await send('POST', '', body);
    return (await send('POST', `/${begun.chatId}/messages`, { text: 'no' })).said?.at(-1);
  };
  t.equal(await by({ ...party, from: 'customer 4712' }), 'What trade?');
  t.equal(await by(party), 'Shall we go on with that?');
  t.equal((await send('POST', '', { ...party, earlier: 'no id' })).status, 400);
});

t.test('Redis dies and comes back: no reader misses an event', async t => {
  const stream = await openSse(`${base}/api/events`);
  t.teardown(stream.close);
  await stopRedis();
  await untilReadiness('"redis":"down"');
  const story = callStory('default', 'call-6');
  for (const event of story) eventLog.sink.append(event);
  while (!(await get('/api/calls/call-6')).body.includes('COMPLETED')) await sleep(20);
  stopRedis = await startRedis();
  await stream.until(story.length);
  t.same(
    stream.events.map(({ type }) => type),
    story.map(({ type }) => type),
  );
  await untilReadiness('"redis":"up"');
});

t.test('Postgres dies and comes back: one clear answer meanwhile', async t => {
  await store.server().stop();
  for (const event of callStory('default', 'call-7')) eventLog.sink.append(event);
  await eventLog.flush();
  t.match(
    (await get('/metrics')).body,
    /trunkline_spool_bytes [1-9]\d{3,}/,
    'what waits on the disk is shown',
  );
  const answer = await get('/api/calls');
  t.equal(answer.status, 503);
  t.equal(JSON.parse(answer.body).error.code, 'STORE_UNAVAILABLE');
  t.match(await untilReadiness('"postgres":"down"'), /notReady/);
  t.equal((await get('/healthz')).status, 200);
  await store.start();
  await untilReadiness('"postgres":"up"');
  t.equal((await get('/api/calls')).status, 200);
});

t.test('Postgres stands still: the same answer, and what happens meanwhile is kept', async t => {
  const { pid } = store.server();
  signalFamily(pid, 'SIGSTOP');
  t.teardown(() => signalFamily(pid, 'SIGCONT'));
  for (const event of callStory('default', 'call-8')) eventLog.sink.append(event);
  await eventLog.flush();
  const answers = await Promise.all(
    ['/api/calls', '/api/calls/call-1', '/api/calls/call-1/recording', '/api/quotes', '/api/events'].map(
      path => fetch(`${base}${path}`, { headers: WITH_KEY }),
    ),
  );
  for (const answer of answers) {
    t.equal(answer.status, 503, answer.url);
    t.ok(Number(answer.headers.get('retry-after')) > 0);
    t.match(await answer.json(), { error: { code: 'STORE_UNAVAILABLE' } });
  }
  t.match(await get('/readyz'), { status: 503, body: '"postgres":"down"' });
  signalFamily(pid, 'SIGCONT');
  await untilReadiness('"postgres":"up"');
  while (!(await get('/api/calls/call-8')).body.includes('COMPLETED')) await sleep(20);
});

t.test('what keeps the role from starting has a name', async t => {
  const other = await link('api');
  t.teardown(() => other.close());
  await t.rejects(run({ ...context, link: other }), { code: 'PORT_BUSY' });
  const keyless = { ...paths, keys: join(store.dir, 'no-such-folder') };
  await t.rejects(run({ ...context, link: other, paths: keyless }), { code: 'KEY_INVALID' });
});
