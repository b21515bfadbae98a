import t from 'tap';
import { NodeView } from '../../src/http/node_view.ts';
import { createReadiness } from '../../src/http/readiness.ts';
import { Handlers } from '../../src/ipc/handlers.ts';
import type { Address, Message } from '../../src/ipc/messages.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

function testNode() {
  const handlers = new Handlers(error => {
    throw error;
  });
  const metrics = new Metrics();
  const node = new NodeView({ on: (type, handler) => handlers.on(type, handler) }, metrics);
  const tell = (from: Address, message: Message) => handlers.dispatch({ from, to: 'api', message });
  return { node, metrics, tell };
}

const load = {
  type: 'load',
  calls: 3,
  unanswered: 0,
  maxCalls: 32,
  tickLatenessP99Ms: 1.5,
  draining: false,
  spoolFull: false,
  busyShare: 0,
  shed: [],
} as const;

t.test('what is down is named', async t => {
  const readiness = createReadiness(
    {
      postgres: async () => {
        throw new Error('away');
      },
      redis: () => new Promise<void>(() => undefined),
      edge: () => undefined,
    },
    30,
  );
  t.same(await readiness(), { ready: false, parts: { postgres: 'down', redis: 'down', edge: 'up' } });
  const { app, end } = await startTestPlane({ plane: { readiness } });
  t.teardown(end);
  const answer = await app.inject({ url: '/readyz' });
  t.equal(answer.statusCode, 503);
  t.same(answer.json(), {
    status: 'notReady',
    parts: { postgres: 'down', redis: 'down', edge: 'up' },
  });
  t.equal((await app.inject({ url: '/healthz' })).statusCode, 200, 'it lives all the same');
});

t.test('questions that come together are asked once', async t => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const readiness = createReadiness(
    {
      postgres: () => {
        asked += 1;
        return promise;
      },
    },
    5000,
  );
  const answers = [readiness(), readiness(), readiness()];
  resolve();
  t.same(
    (await Promise.all(answers)).map(({ ready }) => ready),
    [true, true, true],
  );
  t.equal(asked, 1);
  await readiness();
  t.equal(asked, 2, 'later ones are asked again');
});

t.test('a node that drains takes no calls', async t => {
  const { app, end } = await startTestPlane({ plane: { node: { draining: true, hasFreeSlot: () => true } } });
  t.teardown(end);
  const answer = await app.inject({ url: '/readyz' });
  t.equal(answer.statusCode, 503);
  t.equal(answer.json().status, 'draining');
});

t.test('the node as its processes tell of it', async t => {
  const { node, metrics, tell } = testNode();
  t.notOk(node.isReady('edge'));
  tell('supervisor', { type: 'peerReady', peer: 'edge' });
  t.ok(node.isReady('edge'));
  t.notOk(node.isReady('media'));
  tell('supervisor', { type: 'peerReady', peer: 'media-12' });
  t.ok(node.isReady('media'));
  t.ok(node.hasFreeSlot(), 'a process that has told nothing yet is not full');
  tell('media-12', { ...load, calls: 32 });
  t.notOk(node.hasFreeSlot());
  tell('media-3', { ...load, draining: true });
  t.notOk(node.hasFreeSlot());
  tell('media-12', { ...load, spoolFull: true });
  t.notOk(node.hasFreeSlot());
  t.match(await metrics.text(), /trunkline_media_spool_full\{media="media-12"\} 1/);
  tell('media-12', { ...load, busyShare: 0.9, shed: ['strongSuppression'] });
  t.ok(node.hasFreeSlot());
  tell('media-12', { ...load, busyShare: 0.9, shed: ['strongSuppression', 'newCalls'] });
  t.notOk(node.hasFreeSlot(), 'nor has one that has no time');
  t.match(await metrics.text(), /trunkline_media_busy_ratio\{media="media-12"\} 0\.9/);
  t.match(await metrics.text(), /trunkline_media_shed\{media="media-12"\} 2/);
  tell('edge', { type: 'notAdmitted', code: 'SPOOL_FULL', calls: 1 });
  tell('edge', { type: 'sipTurnedAway', cause: 'unknownAddress', requests: 7 });
  t.match(await metrics.text(), /trunkline_calls_not_admitted_total\{code="SPOOL_FULL"\} 1/);
  tell('media-12', load);
  t.ok(node.hasFreeSlot());
  t.match(await metrics.text(), /trunkline_calls_active\{media="media-12"\} 3/);
  t.match(await metrics.text(), /trunkline_media_tick_lateness_p99_seconds\{media="media-12"\} 0\.0015/);
  tell('supervisor', { type: 'peerGone', peer: 'media-12' });
  t.notOk(node.isReady('media'));
  t.notMatch(await metrics.text(), /media-12/, 'figures of a dead process go with it');
  for (const deaths of [0, 2, 3])
    tell('supervisor', { type: 'roleFaults', roles: [{ role: 'edge', deaths, hangs: 1 }] });
  t.match(await metrics.text(), /trunkline_role_deaths_total\{role="edge"\} 3/, 'totals, not added up again');
  t.match(await metrics.text(), /trunkline_role_hangs_total\{role="edge"\} 1/);
  t.notOk(node.draining);
  tell('supervisor', { type: 'drain', deadlineMs: 0 });
  t.ok(node.draining);
});

t.test('figures for Prometheus', async t => {
  const { app, metrics, end } = await startTestPlane();
  t.teardown(end);
  metrics.gaugeOnDemand('spool_bytes', 'For the test.', async () => 42);
  await app.inject({ url: '/api/calls/call-1', headers: WITH_KEY });
  await app.inject({ url: '/api/calls/call-2', headers: WITH_KEY });
  const answer = await app.inject({ url: '/metrics', headers: WITH_KEY });
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.match(answer.body, /trunkline_spool_bytes 42/);
  t.match(
    answer.body,
    /trunkline_http_request_duration_seconds_count\{method="GET",route="\/api\/calls\/:callId",status="404"\} 2/,
    'by pattern: ids are no labels',
  );
  t.notMatch(answer.body, /call-1/);
});
