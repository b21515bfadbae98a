import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { adapterTools, KEY_PAIR } from './adapter_rig.ts';
import { startSalesforce } from './servers/salesforce_server.ts';

const SECRET = 'client-hunter2';
const CLIENT = '3MVG9.example';

async function started(
  t: Parameters<typeof adapterTools>[0],
  settings: object = {},
  env: NodeJS.ProcessEnv = { SALESFORCE_CLIENT_SECRET: SECRET },
) {
  const server = await startSalesforce({
    clientId: CLIENT,
    clientSecret: SECRET,
    publicKey: KEY_PAIR.publicKey,
  });
  const tools = adapterTools(
    t,
    { salesforce: { default: { url: server.url, clientId: CLIENT, ...settings } } },
    env,
  );
  t.teardown(() => server.close());
  return { server, tools, use: tools.use.bind(tools, 'salesforce') };
}

const LEAD = {
  external_id: 'call/7?x',
  last_name: 'Stone',
  company: 'Stone Bakery',
  phone: '6175550190',
  state: 'MA',
};
const TASK = { subject: 'Call back', due: '2027-03-05', note: 'Wants a quote.' };

t.test('a lead is the same one by its external id', async t => {
  const { server, use } = await started(t);
  const made = await use('upsert_lead', LEAD);
  t.match(made, { status: 'done', data: { id: /^00Q/, created: true } });
  t.match(await use('upsert_lead', { ...LEAD, company: 'Stone & Sons' }), {
    status: 'done',
    data: { created: false },
  });
  t.match(server.objects.Lead, [
    {
      External_Id__c: 'call/7?x',
      LastName: 'Stone',
      Company: 'Stone & Sons',
      Phone: '6175550190',
      State: 'MA',
    },
  ]);
  t.equal(server.objects.Lead?.length, 1);
  t.match(await use('upsert_contact', { external_id: 'c1', last_name: 'Stone', email: 'ada@example.com' }), {
    data: { id: /^003/ },
  });
  server.objects.Lead?.push({ Id: '00Q000000000009AAA', External_Id__c: 'call/7?x' });
  t.match(
    await use('upsert_lead', LEAD),
    { status: 'failed', why: 'refused' },
    'of two of them neither is changed',
  );
});

t.test('a task is made once: its key is looked for first', async t => {
  const { server, use } = await started(t);
  const made = await use('create_task', TASK, { key: 'abc1' });
  t.match(made, { status: 'done', data: { id: /^00T/, created: true } });
  t.match(server.objects.Task, [
    { Subject: 'Call back', ActivityDate: '2027-03-05', Status: 'Not Started', CallObject: 'abc1' },
  ]);
  t.match(await use('create_task', TASK, { key: 'abc1' }), { status: 'done', data: { created: false } });
  for (const mishap of ['lostAfter', 'garbageAfter'] as const) {
    server.plan(/POST .*\/Task/, mishap);
    t.match(await use('create_task', TASK, { key: mishap }), { status: 'unknown' });
    t.match(await use('create_task', TASK, { key: mishap }), { status: 'done', data: { created: false } });
  }
  server.plan(/POST .*\/Task/, 'lostAfter');
  t.match(await use('create_task', TASK, { key: 'tried', retries: 1 }), {
    status: 'done',
    attempts: 2,
    data: { created: false },
  });
  t.equal(server.objects.Task?.length, 4);
  server.plan(/GET .*\/query/, { status: 500, body: '[]' });
  t.match(
    await use('create_task', TASK, { key: 'none' }),
    { status: 'failed', why: 'unavailable' },
    'nothing was done',
  );
  const { id } = made.status === 'done' ? (made.data as { id: string }) : { id: '' };
  t.match(await use('delete_task', { task: id }), { status: 'done', data: { deleted: true } });
  t.match(await use('delete_task', { task: id }), { status: 'done', data: { deleted: false } });
  t.match(await use('delete_task', { task: '../Lead/1' }), { status: 'failed', why: 'refused' });
});

t.test('a contact is found, whatever its name looks like in a query', async t => {
  const { server, use } = await started(t);
  const email = "o'hara\\@example.com".replace('\\', '');
  await use('upsert_contact', { external_id: 'c1', last_name: "O'Hara", email });
  t.match(await use('find_contact', { email }), {
    status: 'done',
    data: { found: true, last_name: "O'Hara", email },
  });
  t.match(await use('find_contact', { phone: "x' OR Name != '" }), {
    status: 'done',
    data: { found: false },
  });
  t.match(await use('find_contact', { phone: '\\' }), { status: 'done', data: { found: false } });
  t.match(await use('find_contact', {}), { status: 'failed', why: 'refused' });
  await use('upsert_contact', { external_id: 'c2', last_name: 'Other', email });
  t.match(await use('find_contact', { email }), { data: { found: false, several: true } });
  t.equal(server.objects.Contact?.length, 2);
});

t.test('a session that is over is begun anew, once', async t => {
  const { server, use } = await started(t);
  await use('find_contact', { email: 'a@example.com' });
  server.expire();
  t.match(await use('create_task', TASK), { status: 'done', attempts: 1 });
  const tokens = () => server.asked.filter(({ path }) => path.endsWith('/token')).length;
  t.equal(tokens(), 2);
  const gone = { status: 401, body: [{ message: 'x', errorCode: 'INVALID_SESSION_ID' }] };
  server.plan(/query/, gone, gone);
  t.match(await use('find_contact', { email: 'a@example.com' }), {
    status: 'failed',
    why: 'refused',
    httpStatus: 401,
  });
  t.equal(tokens(), 3);
  t.notOk(
    server.asked.some(({ path, query, headers }) =>
      JSON.stringify([path, [...query], headers]).includes(SECRET),
    ),
  );
});

t.test('limits pass, refusals do not', async t => {
  const { server, use } = await started(t);
  const code = (status: number, errorCode: string) => ({ status, body: [{ message: 'x', errorCode }] });
  server.plan(
    /PATCH/,
    code(403, 'REQUEST_LIMIT_EXCEEDED'),
    code(400, 'UNABLE_TO_LOCK_ROW'),
    code(503, 'SERVER_UNAVAILABLE'),
  );
  t.match(await use('upsert_lead', LEAD, { retries: 3 }), { status: 'done', attempts: 4 });
  server.plan(/PATCH/, code(400, 'REQUIRED_FIELD_MISSING'), code(403, 'INSUFFICIENT_ACCESS'));
  t.match(await use('upsert_lead', LEAD, { retries: 3 }), { status: 'failed', why: 'refused', attempts: 1 });
  t.match(await use('upsert_lead', LEAD, { retries: 3 }), { status: 'failed', why: 'refused', attempts: 1 });
  server.plan(/PATCH/, { status: 429, headers: { 'retry-after': '3600' } });
  t.match(await use('upsert_lead', LEAD, { retries: 3 }), {
    status: 'failed',
    why: 'unavailable',
    attempts: 1,
  });
  server.plan(/PATCH/, 'silent');
  t.match(await use('upsert_lead', LEAD, { timeoutMs: 300 }), { status: 'failed', why: 'timeout' });
});

t.test('a signed token opens it, too', async t => {
  const keyFile = join(t.testdir(), 'key.pem');
  writeFileSync(keyFile, KEY_PAIR.privateKey);
  const { server, use } = await started(t, { grant: 'jwt', username: 'robin@example.com', keyFile }, {});
  t.match(await use('find_contact', { email: 'a@example.com' }), { status: 'done' });
  t.match(server.claimed, [{ iss: CLIENT, sub: 'robin@example.com', aud: 'https://login.salesforce.com' }]);
  writeFileSync(keyFile, 'hunter2');
  t.throws(
    () =>
      adapterTools(
        t,
        {
          salesforce: {
            default: { url: server.url, clientId: CLIENT, grant: 'jwt', username: 'r', keyFile },
          },
        },
        {},
      ),
    {
      code: 'CONFIG_INVALID',
      detail: 'integrations.salesforce.default: that is no private key in PEM',
    },
  );
});

t.test('an account without its key, or that nobody has set up, is off', async t => {
  const { tools } = await started(t, {}, {});
  t.notOk(tools.runner.has(tools.toolOf('salesforce', 'delete_task', { task: 'x' })));
  t.notOk(tools.runner.has(tools.toolOf('calendly', 'scheduling_link', {})));
  t.same(tools.off, ['no SALESFORCE_CLIENT_SECRET', 'no integrations.calendly.default']);
});
