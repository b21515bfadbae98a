import { createHmac } from 'node:crypto';
import t from 'tap';
import { ToolReceivers } from '../../../src/agent/tools/tool_receivers.ts';
import { requestOf } from '../../../src/agent/tools/tool_request.ts';
import type { AdapterOrder, Adapters } from '../../../src/agent/tools/tool_runner.ts';
import type { Tried } from '../../../src/agent/tools/tool_try.ts';
import { isSignedWebhook, signWebhook } from '../../../src/agent/tools/webhook_signature.ts';
import { tools as toolsSchema } from '../../../src/workflow/tool_schema.ts';
import { makeTool, type Tool, type ToolArguments } from '../../../src/workflow/tools.ts';
import { startToolServer } from './tool_server.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const never = new AbortController().signal;

function toolOf(spec: object): Tool {
  const all = toolsSchema.parse({ it: { description: 'Does it.', ...spec } });
  return makeTool('it', all.it!);
}

type Order = { args?: ToolArguments; key?: string; slots?: Parameters<typeof requestOf>[2] };

function ran(runner: ToolReceivers, tool: Tool, { args = {}, key = 'k1', slots = {} }: Order = {}) {
  const request = requestOf(tool, args, slots);
  if ('fault' in request) throw new Error(request.fault);
  return runner.run({ tool, request, key, signal: never });
}

function started(t: { teardown(end: () => unknown): void }, adapters?: Adapters) {
  const off: string[] = [];
  const place = { folder: '/', env: { HOOK_SECRET: SECRET } };
  const runner = new ToolReceivers(place, (_, why) => off.push(why), adapters);
  t.teardown(() => runner.close());
  return { runner, off };
}

t.test('a webhook is a signed POST, each try with a time of its own', async t => {
  const server = await startToolServer();
  t.teardown(() => server.close());
  const { runner } = started(t);
  const tool = toolOf({
    parameters: { what: { type: 'string' } },
    webhook: { url: `${server.url}/hooks`, secret: { secretEnv: 'HOOK_SECRET' }, headers: { 'X-Of': 'us' } },
    keyed: true,
    retries: 1,
  });
  server.replies.push({ status: 503 }, { status: 204, body: '' });
  t.match(await ran(runner, tool, { args: { what: 'a "claim"' }, key: 'abc' }), {
    status: 'done',
    data: null,
    attempts: 2,
  });
  for (const { method, url, headers, body } of server.asked) {
    t.match({ method, url }, { method: 'POST', url: '/hooks' });
    t.same(JSON.parse(body), { type: 'it', data: { what: 'a "claim"' } });
    t.match(headers, { 'webhook-id': 'abc', 'idempotency-key': '"abc"', 'x-of': 'us' });
    // As the standard says it is made, apart from the code that makes it.
    const mac = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(`abc.${headers['webhook-timestamp']}.${body}`)
      .digest('base64');
    t.equal(headers['webhook-signature'], `v1,${mac}`);
    t.notOk(JSON.stringify(headers).includes('MfKQ9'), 'the secret stays here');
  }
  t.equal(server.asked.length, 2);
});

t.test("the standard's own example, and what is no signature", async t => {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries, the vector that all of them are tested with.
  const body = '{"test": 2432232314}';
  const at = { nowMs: 1_614_265_330_000, windowMs: 300_000 };
  const headers = signWebhook(SECRET, 'msg_p5jXN8AQM9LWM0D4loKWxJek', at.nowMs, body);
  t.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  const is = (changes: object, text = body, when = at) =>
    isSignedWebhook(SECRET, { ...headers, ...changes }, text, when);
  t.ok(is({}));
  t.ok(is({ 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }), 'while a secret changes');
  t.notOk(is({}, '{"test": 2432232315}'));
  t.notOk(is({ 'webhook-id': 'other' }));
  t.notOk(is({ 'webhook-timestamp': '1614265331' }));
  t.notOk(is({ 'webhook-signature': headers['webhook-signature'].replace('v1', 'v2') }));
  t.notOk(is({ 'webhook-signature': '' }));
  t.notOk(is({ 'webhook-signature': undefined }));
  t.notOk(is({}, body, { ...at, nowMs: at.nowMs + 301_000 }), 'too old');
  t.notOk(is({}, body, { ...at, nowMs: at.nowMs - 301_000 }), 'too far ahead');
});

t.test('a webhook without its secret is off', async t => {
  const { runner, off } = started(t);
  const tool = toolOf({ webhook: { url: 'https://x.example/', secret: { secretEnv: 'NONE' } } });
  t.notOk(runner.has(tool));
  t.same(off, ['NONE holds no secret']);
});

t.test('what the node knows by itself', async t => {
  const { runner } = started(t);
  const asked = async (operation: string, args: object, key = 'k1') => {
    const outcome = await ran(runner, toolOf({ internal: { operation, with: args } }), { key });
    return outcome.status === 'done' ? outcome.data : outcome.why;
  };
  const [first, again, other] = [
    await asked('reference', { prefix: 'CL' }),
    await asked('reference', { prefix: 'CL' }),
    await asked('reference', { prefix: 'CL' }, 'k2'),
  ];
  t.match(first, { reference: /^CL-[0-9A-Z]{6}$/ });
  t.same(again, first, 'the same key has the same number');
  t.notSame(other, first);
  t.same(await asked('age', { born: '1980-02-29', on: '2027-02-28' }), { years: 46 });
  t.same(await asked('age', { born: '1980-02-29', on: '2027-03-01' }), { years: 47 });
  t.equal(await asked('age', { born: '1980-02-30' }), 'refused');
  t.match(await asked('days_until', { date: '2999-01-01' }), { weekday: 'tuesday', days: Number });
  t.same(await asked('day_after', { from: '2027-01-01', days: 1, workdays: true }), {
    date: '2027-01-04',
    weekday: 'monday',
  });
  t.same(await asked('day_after', { from: '2027-01-01', days: 1 }), {
    date: '2027-01-02',
    weekday: 'saturday',
  });
  t.equal(await asked('day_after', { days: -1 }), 'refused');
  t.equal(await asked('constructor', {}), 'refused');
});

function scripted(tried: readonly Tried[]) {
  const orders: AdapterOrder[] = [];
  const left = [...tried];
  const adapters: Adapters = {
    close: () => undefined,
    off: (_, account) => (account === 'default' ? undefined : 'no key'),
    attempt: async order => {
      orders.push(order);
      return left.shift() ?? { status: 200, retryAfter: undefined, data: { id: 'E1' } };
    },
  };
  return { adapters, orders };
}

t.test('an adapter is tried as anything else is, by the same key', async t => {
  const lost = { fault: 'lost', status: undefined, wasSent: true, metClosedConnection: false } as const;
  const busy = { status: 503, retryAfter: undefined, data: undefined };
  const { adapters, orders } = scripted([busy, lost]);
  const { runner } = started(t, adapters);
  const create = { name: 'google_calendar', operation: 'create_event' };
  const tool = toolOf({
    parameters: { start: { type: 'string' } },
    adapter: { ...create, with: { start: '{start}', title: 'Call {who}' } },
    retries: 2,
  });
  t.ok(runner.has(tool));
  t.notOk(tool.isIdempotent);
  t.ok(tool.isKeyed, 'it is known by its key');
  const slots = { who: { value: 'Ada', confirmed: true } };
  t.match(await ran(runner, tool, { args: { start: '2027-03-14T09:00' }, slots }), {
    status: 'done',
    data: { id: 'E1' },
    attempts: 3,
  });
  t.match(orders[0], {
    adapter: 'google_calendar',
    account: 'default',
    operation: 'create_event',
    args: { start: '2027-03-14T09:00', title: 'Call Ada' },
    key: 'k1',
  });
  t.equal(orders.length, 3);
});

t.test('an account without a key is off, which is told once', async t => {
  const { adapters } = scripted([]);
  const { runner, off } = started(t, adapters);
  const tool = toolOf({
    adapter: { name: 'salesforce', operation: 'delete_task', account: 'other', with: { task: 'x' } },
  });
  t.notOk(runner.has(tool));
  t.notOk(runner.has(tool));
  t.same(off, ['no key']);
  const none = started(t);
  t.notOk(none.runner.has(tool));
  t.same(none.off, ['no integrations']);
});
