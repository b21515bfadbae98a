import { Writable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import { ERRORS, TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { callDetail, callView, quoteView, startTestPlane, WITH_KEY } from './test_plane.ts';

const FORM = { error: { code: String, message: String, detail: String, remedy: String, requestId: String } };

t.test('a page of calls', async t => {
  const asked: unknown[] = [];
  const { app, end } = await startTestPlane({
    queries: {
      listCalls: async (...args) => {
        asked.push(args);
        return {
          rows: [callView('call-2'), callView('call-1', { state: 'CONNECTED', endedAt: null })],
          next: 'abc',
        };
      },
    },
  });
  t.teardown(end);
  const plain = await app.inject({ url: '/api/calls', headers: WITH_KEY });
  t.equal(plain.statusCode, 200);
  t.same(plain.json(), {
    calls: [callView('call-2'), callView('call-1', { state: 'CONNECTED', endedAt: null })],
    next: 'abc',
  });
  t.equal(plain.headers['cache-control'], 'no-store');
  await app.inject({ url: '/api/calls?limit=2&cursor=abc&state=FAILED&from=%2B15550142', headers: WITH_KEY });
  await app.inject({ url: '/api/calls?sipCallId=a84b4c76%40pc33.example', headers: WITH_KEY });
  t.same(asked, [
    ['default', { limit: 50, cursor: undefined }, {}],
    ['default', { limit: 2, cursor: 'abc' }, { state: 'FAILED', from: '+15550142' }],
    ['default', { limit: 50, cursor: undefined }, { sipCallId: 'a84b4c76@pc33.example' }],
  ]);
});

t.test('a call says where its ladder is', async t => {
  const { app, end } = await startTestPlane({
    queries: { getCall: async (_, callId) => callDetail(callId, { hasLadder: true }) },
  });
  t.teardown(end);
  const found = await app.inject({ url: '/api/calls/call-1', headers: WITH_KEY });
  t.equal(found.json().ladder, '/api/calls/call-1/ladder');
});

t.test('a call, without the place of its recording', async t => {
  const recordings = [
    {
      file: 'default/call-1.wav',
      startMs: 0,
      rateHz: 16_000,
      durationMs: 1000,
      bytes: 64_044,
      deletedAt: null,
    },
    {
      file: 'default/call-1-1.wav',
      startMs: 1000,
      rateHz: 16_000,
      durationMs: null,
      bytes: null,
      deletedAt: null,
    },
  ];
  const { app, end } = await startTestPlane({
    queries: {
      getCall: async (_, callId) => (callId === 'call-1' ? callDetail('call-1', { recordings }) : undefined),
    },
  });
  t.teardown(end);
  const found = await app.inject({ url: '/api/calls/call-1', headers: WITH_KEY });
  t.equal(found.statusCode, 200);
  t.notMatch(found.body, 'default/call-1');
  t.same(found.json().recordings, [
    {
      url: '/api/calls/call-1/recording?part=0',
      startMs: 0,
      rateHz: 16_000,
      durationMs: 1000,
      bytes: 64_044,
      deletedAt: null,
    },
    {
      url: '/api/calls/call-1/recording?part=1',
      startMs: 1000,
      rateHz: 16_000,
      durationMs: null,
      bytes: null,
      deletedAt: null,
    },
  ]);
  t.same(found.json().quotes, [quoteView('call-1-7', 'call-1')]);
  t.equal(found.json().ladder, null);
  const missing = await app.inject({ url: '/api/calls/call-2', headers: WITH_KEY });
  t.equal(missing.statusCode, 404);
  t.equal(missing.json().error.code, 'NOT_FOUND');
});

t.test('what a row holds beyond the schema stays inside', async t => {
  const { app, end } = await startTestPlane({
    queries: {
      listQuotes: async () => ({ rows: [{ ...quoteView('q', 'c'), secret: 'x' }], next: null }),
    },
  });
  t.teardown(end);
  const answer = await app.inject({ url: '/api/quotes', headers: WITH_KEY });
  t.same(answer.json(), { quotes: [quoteView('q', 'c')], next: null });
});

t.test('bad requests name the field', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  const bad: [url: string, field: string][] = [
    ['/api/calls?limit=0', 'querystring.limit'],
    ['/api/calls?limit=201', 'querystring.limit'],
    ['/api/calls?limit=ten', 'querystring.limit'],
    ['/api/calls?limit=1&limit=2', 'querystring.limit'],
    ['/api/calls?state=ENDED', 'querystring.state'],
    ['/api/calls?colour=red', 'querystring'],
    ['/api/calls?__proto__=1', 'querystring'],
    [`/api/calls?cursor=${'x'.repeat(600)}`, 'querystring.cursor'],
    ['/api/calls/no%20such', 'params.callId'],
    ['/api/calls/..%2f..%2fetc%2fpasswd', 'params.callId'],
    ['/api/calls/x/recording?part=-1', 'querystring.part'],
    ['/api/events?callId=a%0ab', 'querystring.callId'],
  ];
  for (const [url, field] of bad) {
    const answer = await app.inject({ url, headers: WITH_KEY });
    t.equal(answer.statusCode, 400, url);
    t.match(answer.json(), FORM, url);
    t.ok(answer.json().error.detail.includes(field), `${url}: ${answer.json().error.detail}`);
  }
  const header = { ...WITH_KEY, 'last-event-id': '7; drop table' };
  t.equal((await app.inject({ url: '/api/events', headers: header })).statusCode, 400);
});

t.test('bodies that are none', async t => {
  const { app, end } = await startTestPlane({
    plane: { rooms: { url: 'ws://127.0.0.1:1', make: async () => t.fail('no room') as never } },
  });
  t.teardown(end);
  const post = (payload: string | Buffer, type = 'application/json') =>
    app.inject({
      method: 'POST',
      url: '/api/rooms',
      headers: { ...WITH_KEY, 'content-type': type },
      payload,
    });
  const bad: [string | Buffer, number, string?][] = [
    ['{"workflow": ', 400],
    ['', 400],
    ['null', 400],
    ['[]', 400],
    ['"piano_removal"', 400],
    ['{"workflow": 7}', 400],
    ['{"workflow": "../../etc/passwd"}', 400],
    ['{"workflow": "piano_removal", "extra": 1}', 400],
    ['{"__proto__": {"workflow": "x"}}', 400],
    ['{"constructor": {"prototype": {"a": 1}}}', 400],
    ['{"workflow": "no_such"}', 404],
    [Buffer.from([0xff, 0xfe, 0x00]), 400],
    ['a=b', 415, 'application/x-www-form-urlencoded'],
    ['<x/>', 415, 'text/xml'],
    [JSON.stringify({ workflow: 'x'.repeat(LIMITS.httpBodyBytes) }), 413],
  ];
  for (const [payload, status, type] of bad) {
    const answer = await post(payload, type);
    t.equal(answer.statusCode, status, JSON.stringify(payload.toString()).slice(0, 40));
    t.match(answer.json(), FORM);
    t.notMatch(answer.body, / at |node_modules|\.ts:/, 'no stack goes out');
  }
});

t.test('paths and methods that are not there', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  for (const url of [
    '/nowhere',
    '/api',
    '/page/..%2f..%2fpackage.json',
    '/page/../../package.json',
    '/%',
    '//',
  ]) {
    const answer = await app.inject({ url, headers: WITH_KEY });
    t.ok([400, 404].includes(answer.statusCode), `${url}: ${answer.statusCode}`);
    t.match(answer.json(), FORM);
  }
  const wrong = await app.inject({ method: 'DELETE', url: '/api/calls/call-1', headers: WITH_KEY });
  t.equal(wrong.statusCode, 405);
  t.equal(wrong.headers.allow, 'GET, HEAD');
  t.equal(wrong.json().error.code, 'METHOD_NOT_ALLOWED');
  t.equal((await app.inject({ method: 'GET', url: '/api/rooms', headers: WITH_KEY })).headers.allow, 'POST');
});

t.test('correlation ids: taken when well-formed, made when not', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  const idOf = async (given?: string) => {
    const headers = given === undefined ? WITH_KEY : { ...WITH_KEY, 'x-request-id': given };
    const answer = await app.inject({ url: '/nowhere', headers });
    t.equal(answer.headers['x-request-id'], answer.json().error.requestId);
    return answer.json().error.requestId;
  };
  t.equal(await idOf('trace-0123456789'), 'trace-0123456789');
  const uuid = /^[0-9a-f-]{36}$/;
  for (const given of [
    undefined,
    '',
    'short',
    'x'.repeat(65),
    'has spaces in it',
    '<script>alert(1)</script>',
  ]) {
    t.match(await idOf(given), uuid, JSON.stringify(given));
  }
});

t.test('failures inside: answered in the one form, logged without what they say', async t => {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const personal = new Error('duplicate key: (+15550142, Ada Lovelace)');
  const thrown = [
    personal,
    new TrunklineError('STORE_UNAVAILABLE', 'a query failed', { cause: personal }),
    'a string',
    undefined,
  ];
  const { app, end } = await startTestPlane({
    queries: {
      listCalls: async () => {
        throw thrown.shift();
      },
    },
    plane: { log: pino({ level: 'trace' }, sink) },
  });
  t.teardown(end);
  const statuses: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const answer = await app.inject({ url: '/api/calls?from=%2B15550142', headers: WITH_KEY });
    statuses.push(answer.statusCode);
    t.match(answer.json(), FORM);
    t.notMatch(answer.body, /5550142|Lovelace/);
  }
  t.same(statuses, [500, ERRORS.STORE_UNAVAILABLE.http, 500, 500]);
  const log = lines.join('');
  t.match(log, /request failed/);
  t.match(log, /answers\.test\.ts/, 'where it failed is told');
  t.notMatch(log, /5550142|Lovelace|a-key-that-is-only-for-tests/, 'whom it was about is not');
});

t.test('headers that keep browsers in bounds', async t => {
  const { app, end } = await startTestPlane({
    plane: { rooms: { url: 'wss://rooms.example:7443', make: async () => t.fail('no room') as never } },
  });
  t.teardown(end);
  const { headers } = await app.inject({ url: '/' });
  const policy = String(headers['content-security-policy']);
  t.match(policy, /default-src 'none'/);
  t.match(policy, /connect-src 'self' wss:\/\/rooms\.example:7443 https:\/\/rooms\.example:7443/);
  t.match(policy, /frame-ancestors 'none'/);
  t.notMatch(policy, /unsafe/);
  t.equal(headers['x-content-type-options'], 'nosniff');
  t.equal(headers['referrer-policy'], 'no-referrer');
  t.match(headers['permissions-policy'], /microphone=\(self\)/);
  const other = await app.inject({
    url: '/api/calls',
    headers: { ...WITH_KEY, origin: 'https://elsewhere.example' },
  });
  t.notHas(other.headers, 'access-control-allow-origin', 'no other site may read an answer');
});
