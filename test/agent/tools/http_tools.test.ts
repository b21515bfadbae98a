import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { answerText, savesOf } from '../../../src/agent/tools/tool_answer.ts';
import { ToolReceivers } from '../../../src/agent/tools/tool_receivers.ts';
import { requestOf } from '../../../src/agent/tools/tool_request.ts';
import { LIMITS } from '../../../src/config/limits.ts';
import type { Tool, ToolArguments } from '../../../src/workflow/tools.ts';
import type { FlowState } from '../../../src/workflow/types.ts';
import { toolFlow } from './tool_flow.ts';
import { startToolServer, type ToolServer, until } from './tool_server.ts';

const SECRET = 'hunter2-and-more';
const ENV = { SHOP_KEY: SECRET };

type Tap = typeof t;

interface Ran {
  readonly args?: ToolArguments;
  readonly slots?: FlowState['slots'];
  readonly signal?: AbortSignal;
  readonly key?: string;
}

async function started(t: Pick<Tap, 'teardown'>, changes: Parameters<typeof toolFlow>[1] = {}) {
  const server = await startToolServer();
  const off: string[] = [];
  const tools = new ToolReceivers({ folder: '/', env: ENV }, ({ name }, why) => off.push(`${name}: ${why}`));
  const flow = toolFlow(server.url, changes);
  t.teardown(async () => {
    await tools.close();
    await server.close();
  });
  const named = (name: string) => flow.tools.find(tool => tool.name === name)!;
  const run = (name: string, { args = { order: 'A-1' }, slots = {}, signal, key = 'k1' }: Ran = {}) => {
    const request = requestOf(named(name), args, slots);
    if ('fault' in request) throw new Error(request.fault);
    return tools.run({ tool: named(name), request, key, signal: signal ?? new AbortController().signal });
  };
  return { server, tools, named, run, off };
}

t.test('what is sent: encoded, with the secret, and a key where it does something', async t => {
  const { server, run } = await started(t);
  server.replies.push({ body: '{"status":"sent"}' });
  t.match(await run('find_order', { args: { order: 'A/1?x=1&y=#é' } }), {
    status: 'done',
    data: { status: 'sent' },
    attempts: 1,
    httpStatus: 200,
  });
  t.match(server.asked[0], {
    method: 'GET',
    url: '/orders/A%2F1%3Fx%3D1%26y%3D%23%C3%A9',
    headers: { authorization: `Bearer ${SECRET}`, 'x-from': 'telephone', accept: 'application/json' },
    body: '',
  });
  t.notOk('idempotency-key' in server.asked[0]!.headers);
  await run('find_order', { args: { order: 'A', parts: ['price', 'status'] } });
  t.equal(server.asked[1]?.url, '/orders/A?parts=price%2Cstatus');
  await run('book', { args: { order: 'A"1', floors: 2 }, key: 'abc' });
  t.match(server.asked[2], {
    method: 'POST',
    url: '/bookings',
    headers: { 'idempotency-key': '"abc"', 'content-type': 'application/json' },
    body: '{"order":"A\\"1","floors":2}',
  });
  await run('note', {
    args: { text: 'say "hi", {order}' },
    slots: { size: { value: 'big', confirmed: true } },
  });
  t.same(JSON.parse(server.asked[3]!.body), {
    note: { text: 'say "hi", {order}', of: 'size big', from: ['x'] },
  });
});

t.test('no argument leads to another folder, and none to nothing', async t => {
  const { named } = await started(t);
  for (const order of ['.', '..', '%2e%2E', '']) {
    const request = requestOf(named('find_order'), { order }, {});
    if (order === '%2e%2E') t.match(request, { url: { pathname: '/orders/%252e%252E' } });
    else t.match(request, { fault: /no name/ }, order);
  }
  t.match(requestOf(named('note'), { text: 'x' }, {}), { fault: /size is not known yet/ });
  t.match(requestOf(named('find_order'), { order: '\ud800' }, {}), {
    url: { pathname: '/orders/%EF%BF%BD' },
  });
});

t.test('a tool without its secret is off, and nobody is told the secret', async t => {
  const off: string[] = [];
  const server = await startToolServer();
  t.teardown(() => server.close());
  const flow = toolFlow(server.url);
  const tools = new ToolReceivers({ folder: '/', env: {} }, ({ name }, why) => off.push(`${name}: ${why}`));
  t.same(
    flow.tools.filter(tool => tools.has(tool)).map(({ name }) => name),
    ['book', 'pay', 'note'],
  );
  t.notOk(tools.has(flow.tools[0]!));
  t.same(off, ['find_order: SHOP_KEY holds no secret'], 'once');
  await tools.close();
});

const outcomes: readonly (readonly [
  what: string,
  reply: Parameters<ToolServer['replies']['push']>[0],
  book: unknown,
  find: unknown,
])[] = [
  ['400', { status: 400 }, { status: 'failed', why: 'refused' }, { status: 'failed', why: 'refused' }],
  ['401', { status: 401 }, { status: 'failed', why: 'refused' }, { status: 'failed', why: 'refused' }],
  ['404', { status: 404 }, { status: 'failed', why: 'refused' }, { status: 'failed', why: 'refused' }],
  [
    '429',
    { status: 429 },
    { status: 'failed', why: 'unavailable' },
    { status: 'failed', why: 'unavailable' },
  ],
  [
    '503',
    { status: 503 },
    { status: 'failed', why: 'unavailable' },
    { status: 'failed', why: 'unavailable' },
  ],
  [
    '500',
    { status: 500 },
    { status: 'unknown', why: 'unavailable' },
    { status: 'failed', why: 'unavailable' },
  ],
  [
    'no JSON',
    { body: '<html>hunter2' },
    { status: 'unknown', why: 'garbage' },
    { status: 'failed', why: 'garbage' },
  ],
  [
    'no text',
    { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
    { status: 'unknown', why: 'garbage' },
    { status: 'failed', why: 'garbage' },
  ],
  [
    'deep nesting',
    { body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
    { status: 'unknown', why: 'garbage' },
    { status: 'failed', why: 'garbage' },
  ],
  [
    'too much',
    { body: `"${'x'.repeat(LIMITS.toolAnswerBytes)}"` },
    { status: 'unknown', why: 'tooLarge' },
    { status: 'failed', why: 'tooLarge' },
  ],
  [
    'much without an end',
    response => {
      const more = () => {
        if (!response.destroyed) response.write('1'.repeat(65_536), () => setImmediate(more));
      };
      more();
    },
    { status: 'unknown', why: 'tooLarge' },
    { status: 'failed', why: 'tooLarge' },
  ],
  [
    'a broken connection',
    response => response.socket?.resetAndDestroy(),
    { status: 'unknown', why: 'lost' },
    { status: 'failed', why: 'lost' },
  ],
  [
    'half an answer',
    response => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
      setImmediate(() => response.socket?.destroy());
    },
    { status: 'unknown', why: 'lost' },
    { status: 'failed', why: 'lost' },
  ],
  [
    'no HTTP',
    response => response.socket?.end('hello\r\n\r\n'),
    { status: 'unknown', why: 'garbage' },
    { status: 'failed', why: 'garbage' },
  ],
];

t.test('whatever goes wrong is an outcome, and says whether it may have been done', async t => {
  const { server, run } = await started(t, { retries: false });
  for (const [what, reply, book, find] of outcomes) {
    server.replies.push(reply, reply);
    t.match(await run('pay'), book, `${what}, of what is done once`);
    t.match(await run('find_order'), find, `${what}, of what is only read`);
  }
  t.equal(server.asked.length, 2 * outcomes.length, 'nothing was asked for twice');
});

t.test('one that can not be reached has done nothing', async t => {
  const { server, run } = await started(t, { retries: false });
  await server.close();
  t.match(await run('pay'), { status: 'failed', why: 'unreachable', attempts: 1 });
});

t.test('a slow one is given up, with its connection', async t => {
  const { server, run } = await started(t, { retries: false, timeoutMs: 100 });
  server.replies.push({ until: new Promise(() => undefined) });
  t.match(await run('pay'), { status: 'unknown', why: 'timeout' });
  server.replies.push(response => {
    response.writeHead(200).write('{');
  });
  t.match(await run('pay'), { status: 'unknown', why: 'timeout' }, 'in the midst of its answer, too');
  await until(() => server.sockets.size === 0, 'the connections are gone');
});

t.test('no redirect is followed', async t => {
  const elsewhere = await startToolServer();
  t.teardown(() => elsewhere.close());
  const { server, run } = await started(t);
  for (const status of [301, 302, 303, 307, 308]) {
    server.replies.push({ status, headers: { location: `${elsewhere.url}/orders` } });
    t.match(await run('find_order'), {
      status: 'failed',
      why: 'redirected',
      httpStatus: status,
      attempts: 1,
    });
  }
  t.equal(elsewhere.asked.length, 0);
});

t.test('what may be repeated is tried again with the same key, and what may not is not', async t => {
  const { server, run } = await started(t);
  server.replies.push({ status: 500 }, response => response.socket?.destroy(), { body: '{"id":7}' });
  t.match(await run('book', { args: { order: 'A', floors: 1 }, key: 'one' }), {
    status: 'done',
    data: { id: 7 },
    attempts: 3,
  });
  t.same(
    server.asked.map(({ headers }) => headers['idempotency-key']),
    ['"one"', '"one"', '"one"'],
  );
  server.asked.length = 0;
  server.replies.push({ status: 503 }, { body: '{"ok":true}' });
  t.match(await run('find_order'), { status: 'done', attempts: 2 });
  server.replies.push({ status: 404 });
  t.match(await run('find_order'), { status: 'failed', attempts: 1 }, 'no is no');
  server.replies.push({ status: 503, headers: { 'retry-after': '3600' } });
  t.match(
    await run('find_order'),
    { status: 'failed', attempts: 1 },
    'who asks for an hour is not asked again',
  );
  server.replies.push({ status: 409 }, { body: '{"id":8}' });
  t.match(await run('book', { args: { order: 'A', floors: 1 } }), { status: 'done', attempts: 2 });
  server.replies.push({ status: 500 }, { status: 500 }, { status: 400 });
  t.match(
    await run('book', { args: { order: 'A', floors: 1 } }),
    { status: 'unknown', attempts: 3 },
    'the first may have been heard',
  );
  server.asked.length = 0;
  server.replies.push({ status: 503 });
  t.match(await run('pay'), { status: 'failed', attempts: 1 });
  t.equal(server.asked.length, 1);
});

t.test('a kept connection that was closed meanwhile is no failure', async t => {
  const { server, run } = await started(t, { retries: false });
  await run('find_order');
  t.equal(server.sockets.size, 1, 'the connection is kept');
  server.replies.push(response => response.socket?.resetAndDestroy(), { body: '{"status":"sent"}' });
  t.match(await run('find_order'), { status: 'done', attempts: 1 });
  await run('pay');
  t.equal(server.asked.at(-1)?.headers.connection, 'close', 'what is done once has a connection of its own');
});

t.test('cancelled before, during and between tries', async t => {
  const { server, tools, run } = await started(t);
  const aborted = AbortSignal.abort();
  t.match(await run('pay', { signal: aborted }), { status: 'failed', why: 'cancelled' });
  t.equal(server.asked.length, 0);
  const during = new AbortController();
  server.replies.push({ until: new Promise(() => undefined) });
  const paid = run('pay', { signal: during.signal });
  await until(() => server.asked.length === 1, 'it was asked');
  during.abort();
  t.match(await paid, { status: 'unknown', why: 'cancelled' });
  const between = new AbortController();
  server.replies.push(response => {
    response.writeHead(503).end();
    response.on('close', () => between.abort());
  });
  t.match(await run('find_order', { signal: between.signal }), { status: 'failed', why: 'cancelled' });
  server.replies.push({ until: new Promise(() => undefined) });
  const left = run('find_order');
  await until(() => server.asked.length === 3, 'it was asked');
  await tools.close();
  t.match(await left, { status: 'failed', why: 'cancelled' });
  await until(() => server.sockets.size === 0, 'no connection is left');
});

t.test('the model sees of an answer what the workflow lets it see', async t => {
  const { named } = await started(t);
  const done = (data: unknown) => ({ status: 'done', data, attempts: 1, httpStatus: 200 }) as const;
  const text = (tool: Tool, data: unknown) => JSON.parse(answerText(tool, done(data)));
  const order = { 'a/b': [{ '~': 'sent' }], price: 12, secret: 'x' };
  t.same(text(named('find_order'), order), { status: 'done', answer: { status: 'sent' } });
  t.same(text(named('find_order'), { 'a/b': [] }), { status: 'done', answer: {} });
  t.same(text(named('pay'), null), { status: 'done', answer: null });
  const long = text(named('pay'), { text: '"}\n'.repeat(200) });
  t.match(long, { status: 'done', cut: true });
  t.equal(long.answer.length, 100);
  t.same(savesOf(named('find_order'), done({ size: 'big', price: 1 })), { size: 'big' });
  t.same(savesOf(named('find_order'), done({ size: { deep: 1 } })), {});
  t.same(savesOf(named('find_order'), done(['big'])), {});
});

t.test('the other end is TLS where it says so: anything else is not sent to', async t => {
  const plain = createServer(socket => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n{}')));
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  t.teardown(() => plain.close());
  const { port } = plain.address() as { port: number };
  const flow = toolFlow(`https://127.0.0.1:${port}`);
  const tools = new ToolReceivers({ folder: '/', env: ENV }, () => undefined);
  const pay = flow.tools.find(({ name }) => name === 'pay')!;
  const request = requestOf(pay, { order: 'A' }, {});
  if ('fault' in request) throw new Error(request.fault);
  const { signal } = new AbortController();
  t.match(await tools.run({ tool: pay, request, key: 'k', signal }), {
    status: 'failed',
    why: 'unreachable',
  });
  await tools.close();
});
