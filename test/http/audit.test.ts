import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { AUDITED } from '../../src/http/audited.ts';
import { openAuditLog } from '../../src/store/audit_log.ts';
import { asOwner, startTestStore, withClient } from '../store/postgres.ts';
import { API_KEY, callDetail, callView, startTestPlane, WITH_KEY } from './test_plane.ts';

/** The control plane over a real audit log, and the program that looks through it. */
const store = await startTestStore();
const audit = openAuditLog(store.appUrl);
const queries = {
  listCalls: async () => ({ rows: [callView('call-1')], next: null }),
  getCall: async () => callDetail('call-1'),
};
const { app, end } = await startTestPlane({ queries, plane: { audit } });
const base = await app.listen({ host: '127.0.0.1', port: 0 });
t.teardown(async () => {
  await end();
  await audit.close();
  await store.end();
});

const get = (url: string, more: Record<string, string> = {}) =>
  app.inject({ url, headers: { ...WITH_KEY, ...more } });
const entries = () => audit.list('default', { after: 0, limit: 1000 });

/** Routes that give nothing away of people, or are part of the conversation with them. */
const SILENT: ReadonlySet<string> = new Set([
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/api/audit',
  '/api/calls/:callId/quality',
  '/api/deletions',
  '/api/effects',
  '/api/providers',
  '/api/providers/latencies',
  '/api/quotes',
  '/api/tool-runs',
  '/api/workflows',
  '/api/workflows/:name',
  '/api/workflows/:name/diff',
  '/api/workflows/:name/history',
  '/api/workflows/:name/versions',
  '/api/workflows/:name/versions/:version',
]);

async function verify(...args: string[]): Promise<{ status: number | null; told: string }> {
  const program = fileURLToPath(new URL('../../tools/audit.ts', import.meta.url));
  const child = spawn(process.execPath, [program, '--url', base, ...args], {
    env: { ...process.env, TRUNKLINE_API_KEY: API_KEY },
  });
  let told = '';
  for (const out of [child.stdout, child.stderr])
    out.on('data', chunk => {
      told += String(chunk);
    });
  const status = await new Promise<number | null>(resolve => child.on('close', resolve));
  return { status, told };
}

/** As nobody can but who has the database itself. */
async function tamper(sql: string): Promise<void> {
  await asOwner(store, `SET session_replication_role = replica; ${sql}`);
}

t.test('of each route it is known whether it gives anything away', async t => {
  const read = app.servedRoutes.filter(({ method }) => method === 'GET').map(({ url }) => url);
  const undecided = read.filter(url => !(url in AUDITED) && !SILENT.has(url) && url.startsWith('/api'));
  t.same(undecided, []);
  for (const url of Object.keys(AUDITED)) t.ok(read.includes(url), `${url} is served`);
});

t.test('who was given what is written down before they are', async t => {
  await get('/api/calls/call-1', { 'trunkline-operator': 'jo', 'x-request-id': 'request-0001' });
  await get('/api/calls?from=%2B15550142');
  await app.inject({ method: 'HEAD', url: '/api/calls/call-1', headers: WITH_KEY });
  await get('/api/calls/call-2/recording', { 'trunkline-operator': 'no: name' });
  await app.inject({ url: '/api/calls/call-1' });
  await get('/api/calls/no%20id');
  await get('/api/workflows');
  t.match(await entries(), [
    {
      seq: 1,
      who: 'jo',
      action: 'GET /api/calls/:callId',
      callId: 'call-1',
      fields: AUDITED['/api/calls/:callId'],
      requestId: 'request-0001',
    },
    { seq: 2, who: null, action: 'GET /api/calls', callId: null },
    { seq: 3, action: 'HEAD /api/calls/:callId' },
    { seq: 4, who: null, action: 'GET /api/calls/:callId/recording', callId: 'call-2' },
  ]);
  t.equal((await entries()).length, 4, 'not who has no key, nor what is no call');
  t.notMatch(JSON.stringify(await entries()), /15550142/, 'nor numbers that are looked for');
  const page = (await get('/api/audit?limit=3')).json();
  t.match(page, { tenant: 'default', entries: { length: 3 }, next: 3 });
  t.match((await get('/api/audit?after=3')).json(), { entries: [{ seq: 4 }], next: null });
  t.match((await get('/api/audit?callId=call-2')).json(), { entries: [{ seq: 4 }], next: null });
});

t.test('what cannot be written down is not given', async t => {
  const away = await startTestPlane({
    queries,
    plane: {
      audit: {
        append: async () => {
          throw new TrunklineError('STORE_UNAVAILABLE', 'a query failed');
        },
        list: async () => [],
      },
    },
  });
  t.teardown(away.end);
  const answer = await away.app.inject({ url: '/api/calls/call-1', headers: WITH_KEY });
  t.equal(answer.statusCode, 503);
  t.notMatch(answer.body, /Hello/);
});

t.test('what was changed, taken out or cut off is found', async t => {
  await Promise.all(Array.from({ length: 16 }, () => get('/api/calls/call-1')));
  const seqs = (await entries()).map(({ seq }) => seq);
  t.same(
    seqs,
    Array.from({ length: 20 }, (_, at) => at + 1),
    'without gaps, however many at once',
  );
  const whole = await verify();
  t.equal(whole.status, 0);
  const [, head = ''] = /--head (\S+)/.exec(whole.told) ?? [];
  t.match(head, /^20:[0-9a-f]{64}$/);
  t.equal((await verify('--head', head)).status, 0);

  await tamper("UPDATE audit_entries SET who = 'nobody' WHERE seq = 1");
  t.match(await verify(), { status: 1, told: /entry 1 is not there, or not as/ });
  await tamper("UPDATE audit_entries SET who = 'jo' WHERE seq = 1");
  t.equal((await verify('--head', head)).status, 0);
  await tamper('DELETE FROM audit_entries WHERE seq = 20');
  t.equal((await verify()).status, 0, 'what is cut off at the end leaves no gap');
  t.match(await verify('--head', head), { status: 1, told: /the last one is 19/ });
  await get('/api/calls/call-1');
  t.match(await verify('--head', head), { status: 1, told: /entry 20 is not the one/ });
  await tamper('DELETE FROM audit_entries WHERE seq = 7');
  t.match(await verify(), { status: 1, told: /entry 7/ });
});

t.test('nobody changes it through the node, and each tenant has its own', async t => {
  await withClient(store.appUrl, async client => {
    await client.query("SELECT set_config('trunkline.tenant', 'default', false)");
    for (const sql of ["UPDATE audit_entries SET who = ''", 'DELETE FROM audit_entries'])
      await t.rejects(client.query(sql), { code: '42501' }, sql);
  });
  await t.rejects(asOwner(store, 'DELETE FROM audit_entries'), { code: '42501' });
  t.same(await audit.list('other', { after: 0, limit: 5 }), []);
});
