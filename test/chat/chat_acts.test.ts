import t, { type Test } from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { startToolServer, until } from '../agent/tools/tool_server.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';
import { ask, startChats } from './chat_rig.ts';

const chats = await startChats();
const server = await startToolServer();
t.teardown(async () => {
  await server.close();
  await chats.end();
});
const keyed = (yaml: string) => yaml.replaceAll(/(http: \{ method: POST.*\})/g, '$1\n    keyed: true');
const yaml = VISITS.replaceAll('https://shop.example', server.url);
chats.flows.visits = visits(keyed(yaml));

t.beforeEach(() => {
  server.asked.length = 0;
  server.replies.length = 0;
});

function createToolRunner(t: Test): ToolReceivers {
  const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
  t.teardown(() => tools.close());
  return tools;
}

/** Up to the answer after which the workflow books. */
async function begun(sessions: ReturnType<typeof chats.open>): Promise<string> {
  const { chatId } = await sessions.start('acme', 'visits');
  await ask(sessions, chatId, 'a big one');
  return chatId;
}

t.test('what the workflow wants is done within the answer', async t => {
  server.replies.push({ body: '{"visit":42}' });
  const tools = createToolRunner(t);
  const sessions = chats.open(t, { tools });
  const chatId = await begun(sessions);
  const { said, done } = await ask(sessions, chatId, 'three rooms');
  t.same([said, done], [['I book it.', 'Booked.'], true]);
  t.same(
    server.asked.map(({ url }) => url),
    ['/visits', '/notes', '/mails'],
  );
  const call = await chats.queries.getCall('acme', chatId);
  t.equal(call?.outcome, 'booked');
  t.match(
    call?.slots.find(({ slot }) => slot === 'visit'),
    { value: 42 },
  );
  t.match(
    call?.turns.slice(-2).map(({ text }) => text),
    ['I book it.', 'Booked.'],
  );
});

t.test('an answer that is lost in the midst of it is gone on with, by the same key', async t => {
  server.replies.push({ until: new Promise(() => undefined) });
  const lostTools = createToolRunner(t);
  const lost = chats.open(t, { tools: lostTools, limits: { closeMs: 1 } });
  const chatId = await begun(lost);
  ask(lost, chatId, 'three rooms').catch(() => undefined);
  await until(() => server.asked.length === 1, 'it was asked');
  server.replies.push({ body: '{"visit":42}' });
  const next = chats.open(t, { tools: createToolRunner(t) });
  const { said, done } = await ask(next, chatId, 'hello?');
  t.same([said, done], [['Booked.'], true]);
  t.same(
    server.asked.map(({ url }) => url),
    ['/visits', '/visits', '/notes', '/mails'],
  );
  const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
  t.equal(keys[0], keys[1]);
  t.equal(new Set(keys).size, 3);
  // Or its end would wait for what never comes.
  await lostTools.close();
});

t.test('without a key it is not done again', async t => {
  chats.flows.visits = visits(yaml);
  server.replies.push({ until: new Promise(() => undefined) });
  const lostTools = createToolRunner(t);
  const lost = chats.open(t, { tools: lostTools, limits: { closeMs: 1 } });
  const chatId = await begun(lost);
  ask(lost, chatId, 'three rooms').catch(() => undefined);
  await until(() => server.asked.length === 1, 'it was asked');
  const next = chats.open(t, { tools: createToolRunner(t) });
  const { said } = await ask(next, chatId, 'hello?');
  t.same(said, ['It could not be booked.']);
  t.equal(server.asked.filter(({ url }) => url === '/visits').length, 1);
  await lostTools.close();
});
