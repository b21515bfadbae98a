import t from 'tap';
import { createKeyCheck } from '../../src/http/access.ts';
import { API_KEY, startTestPlane, WITH_KEY } from './test_plane.ts';

/** Every route with who may use it. A route that is missing here fails the suite. */
const POLICY: Readonly<Record<string, 'key' | 'open'>> = {
  'GET /': 'open',
  'HEAD /': 'open',
  'GET /healthz': 'open',
  'HEAD /healthz': 'open',
  'GET /readyz': 'open',
  'HEAD /readyz': 'open',
  'GET /metrics': 'key',
  'HEAD /metrics': 'key',
  'GET /openapi.json': 'key',
  'HEAD /openapi.json': 'key',
  'GET /api/providers': 'key',
  'HEAD /api/providers': 'key',
  'GET /api/providers/latencies': 'key',
  'HEAD /api/providers/latencies': 'key',
  'GET /api/calls': 'key',
  'HEAD /api/calls': 'key',
  'GET /api/calls/:callId': 'key',
  'HEAD /api/calls/:callId': 'key',
  'GET /api/calls/:callId/recording': 'key',
  'HEAD /api/calls/:callId/recording': 'key',
  'GET /api/calls/:callId/history': 'key',
  'HEAD /api/calls/:callId/history': 'key',
  'GET /api/calls/:callId/ladder': 'key',
  'HEAD /api/calls/:callId/ladder': 'key',
  'GET /api/calls/:callId/ladder.txt': 'key',
  'HEAD /api/calls/:callId/ladder.txt': 'key',
  'GET /api/calls/:callId/ladder.svg': 'key',
  'HEAD /api/calls/:callId/ladder.svg': 'key',
  'GET /api/calls/:callId/ladder.pcap': 'key',
  'HEAD /api/calls/:callId/ladder.pcap': 'key',
  'GET /api/calls/:callId/quality': 'key',
  'HEAD /api/calls/:callId/quality': 'key',
  'POST /api/calls/:callId/legs': 'key',
  'DELETE /api/calls/:callId/legs/:legId': 'key',
  'GET /api/quotes': 'key',
  'HEAD /api/quotes': 'key',
  'POST /api/chats': 'key',
  'GET /api/tool-runs': 'key',
  'HEAD /api/tool-runs': 'key',
  'POST /api/tool-runs/:run/ask': 'key',
  'POST /api/chats/:chatId/messages': 'key',
  'GET /api/chats/:chatId': 'key',
  'HEAD /api/chats/:chatId': 'key',
  'DELETE /api/chats/:chatId': 'key',
  'GET /api/effects': 'key',
  'HEAD /api/effects': 'key',
  'GET /api/holds': 'key',
  'HEAD /api/holds': 'key',
  'POST /api/calls/:callId/holds': 'key',
  'POST /api/calls/:callId/holds/:hold/lift': 'key',
  'GET /api/audit': 'key',
  'HEAD /api/audit': 'key',
  'GET /api/deletions': 'key',
  'HEAD /api/deletions': 'key',
  'GET /api/events': 'key',
  'GET /api/workflows': 'key',
  'HEAD /api/workflows': 'key',
  'GET /api/workflows/:name': 'key',
  'HEAD /api/workflows/:name': 'key',
  'GET /api/workflows/:name/versions': 'key',
  'HEAD /api/workflows/:name/versions': 'key',
  'POST /api/workflows/:name/versions': 'key',
  'GET /api/workflows/:name/versions/:version': 'key',
  'HEAD /api/workflows/:name/versions/:version': 'key',
  'POST /api/workflows/:name/versions/:version/submit': 'key',
  'POST /api/workflows/:name/versions/:version/approve': 'key',
  'POST /api/workflows/:name/versions/:version/reject': 'key',
  'POST /api/workflows/:name/versions/:version/retire': 'key',
  'PUT /api/workflows/:name/versions/:version/gate': 'key',
  'POST /api/workflows/:name/versions/:version/deploy': 'key',
  'POST /api/workflows/:name/rollback': 'key',
  'GET /api/workflows/:name/history': 'key',
  'HEAD /api/workflows/:name/history': 'key',
  'GET /api/workflows/:name/diff': 'key',
  'HEAD /api/workflows/:name/diff': 'key',
  'POST /api/rooms': 'key',
};

t.test('every route is in the policy, with the access it has', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  const served = app.servedRoutes.map(({ method, url, access }) => [`${method} ${url}`, access]);
  t.same(Object.fromEntries(served), POLICY);
  t.equal(served.length, Object.keys(POLICY).length, 'no route is there twice');
});

t.test('what asks for a key gets none without it', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  for (const [route, access] of Object.entries(POLICY)) {
    const [method = '', pattern = ''] = route.split(' ');
    const url = pattern.replace(':callId', 'call-1').replace(':legId', 'leg-1').replace(':chatId', 'chat-1');
    const answer = await app.inject({ method: method as 'GET', url });
    if (access === 'open') t.not(answer.statusCode, 401, route);
    else {
      t.equal(answer.statusCode, 401, route);
      t.equal(answer.headers['www-authenticate'], 'Bearer', route);
    }
  }
});

t.test('keys that are not the key', async t => {
  const isKey = createKeyCheck(API_KEY);
  t.ok(isKey(`Bearer ${API_KEY}`));
  t.ok(isKey(`bearer ${API_KEY}`), 'the scheme has no case (RFC 9110 §11.1)');
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    API_KEY,
    `Basic ${API_KEY}`,
    `Bearer ${API_KEY}x`,
    `Bearer ${API_KEY.slice(0, -1)}`,
    `Bearer ${API_KEY.toUpperCase()}`,
    `Bearer  ${API_KEY}`,
    `Bearer ${API_KEY} ${API_KEY}`,
    `Bearer ${API_KEY}\0`,
    `Bearer ${'x'.repeat(100_000)}`,
  ];
  for (const header of wrong) t.notOk(isKey(header), JSON.stringify(header)?.slice(0, 40));
});

t.test('an empty key opens nothing', async t => {
  const isKey = createKeyCheck('');
  t.notOk(isKey('Bearer '));
  t.notOk(isKey(undefined));
});

t.test('the key is asked for before the body is looked at', async t => {
  const { app, end } = await startTestPlane();
  t.teardown(end);
  const answer = await app.inject({
    method: 'POST',
    url: '/api/rooms',
    headers: { 'content-type': 'application/json' },
    payload: '{"not json',
  });
  t.equal(answer.statusCode, 401);
});

t.test('whoever has no key does not spend the requests of who has', async t => {
  const { app, end } = await startTestPlane({ plane: { limits: { requestsPerMinute: 5 } } });
  t.teardown(end);
  const statuses: number[] = [];
  for (let guess = 0; guess < 8; guess += 1) {
    const headers = { authorization: `Bearer guess-${guess}-of-a-key` };
    statuses.push((await app.inject({ url: '/api/calls', headers })).statusCode);
  }
  t.same(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  const refused = await app.inject({ url: '/api/nowhere' });
  t.equal(refused.statusCode, 429, 'paths that are not there are counted too');
  t.ok(Number(refused.headers['retry-after']) > 0);
  t.equal(refused.json().error.code, 'TOO_MANY');
  t.equal((await app.inject({ url: '/api/calls', headers: WITH_KEY })).statusCode, 200);
  t.equal((await app.inject({ url: '/healthz' })).statusCode, 200, 'the node still says that it lives');
  t.equal((await app.inject({ url: '/readyz' })).statusCode, 200);
});
