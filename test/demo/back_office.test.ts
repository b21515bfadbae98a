import { request } from 'node:http';
import t from 'tap';
import { openOfficeDatabase } from '../../demo/back_office/database.ts';
import { OFFICE_LIMITS } from '../../demo/back_office/limits.ts';
import { prepareOffice } from '../../demo/back_office/office_postgres.ts';
import { clientRow, policyRow, seedOffice } from '../../demo/back_office/seed/seed.ts';
import { signWebhook } from '../../src/agent/tools/webhook_signature.ts';
import { HOOK_SECRET, KEY, startTestOffice, TODAY } from './office_rig.ts';

const office = await startTestOffice();
const { ask, rows } = office;
t.teardown(() => office.end());
t.afterEach(() => t.same(office.faulty.splice(0), [], 'nothing failed inside'));

const keyed = (key: string, more: Record<string, string> = {}) => ({ 'idempotency-key': key, ...more });
const countOf = async (table: string) => Number((await rows(`SELECT count(*) FROM ${table}`))[0]?.count);
const SLOT = { broker_id: 'BR100002', date: '2027-03-02', time: '09:00', with: 'CT100004' };

t.test('who is in it is always the same, and everybody is invented', async t => {
  t.same(clientRow(7), clientRow(7));
  const [first] = await rows("SELECT * FROM clients WHERE id = 'CT100008'");
  t.match(first, { ...clientRow(7), coverage_gaps: [...(clientRow(7).coverage_gaps as string[])] });
  t.equal(await countOf('clients'), 60);
  const [policy] = await rows("SELECT coverages FROM policies WHERE id = 'PN100001'");
  t.same(policy?.coverages, policyRow(0).coverages);
  const people = await rows('SELECT phone, email, first_name, last_name FROM clients');
  for (const { phone, email } of people) {
    t.match(phone, /^\d{3}55501\d\d$/, 'a number of the range for fiction');
    t.match(email, /@example\.com$/);
  }
  t.equal(new Set(people.map(({ first_name, last_name }) => `${first_name} ${last_name}`)).size, 60);
  const again = openOfficeDatabase(office.databaseUrl);
  t.equal(await again.transaction(seedOffice), false, 'it is filled once');
  await again.close();
});

t.test('the same key has the same answer, and one effect', async t => {
  const note = { text: 'Wants vision.' };
  const before = await countOf('notes');
  const first = await ask('POST', '/v1/clients/CT100003/notes', note, keyed('"k-1"'));
  const second = await ask('POST', '/v1/clients/CT100003/notes', note, keyed('"k-1"'));
  t.equal(first.status, 201);
  t.match(first.body, { note_id: /^NT\d{6}$/ });
  t.same(second.body, first.body);
  t.equal(second.status, 201);
  t.equal(second.headers.get('idempotency-replayed'), 'true');
  t.equal(first.headers.get('idempotency-replayed'), null);
  t.equal(await countOf('notes'), before + 1);
  const other = await ask('POST', '/v1/clients/CT100003/notes', { text: 'No.' }, keyed('"k-1"'));
  t.match(other, { status: 422, body: { error: { code: 'key_reused' } } });
  const elsewhere = await ask('POST', '/v1/clients/CT100004/notes', note, keyed('"k-1"'));
  t.equal(elsewhere.status, 422, 'another path is another request');
  t.equal(await countOf('notes'), before + 1);
});

t.test('those who come at once with one key do it once', async t => {
  const before = await countOf('leads');
  const lead = { line: 'life', name: 'Ada Stone', phone: '6175550191' };
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => ask('POST', '/v1/leads', lead, keyed('at-once'))),
  );
  t.same(new Set(answers.map(({ status }) => status)), new Set([201]));
  t.equal(new Set(answers.map(({ body }) => body.lead_id)).size, 1);
  t.equal(await countOf('leads'), before + 1);
});

t.test('a key whose request was refused is free for another one', async t => {
  const refused = await ask(
    'POST',
    '/v1/calendar/events',
    { ...SLOT, date: TODAY, title: 'Now' },
    keyed('later'),
  );
  t.match(refused, { status: 422, body: { error: { code: 'too_soon' } } });
  t.equal((await ask('POST', '/v1/opt_outs', { phone: '6175550192' }, keyed('later'))).status, 201);
});

t.test('a POST without a key, and keys that are none, are refused', async t => {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`${office.url}/v1/opt_outs`, {
    method: 'POST',
    headers,
    body: '{"phone":"6175550192"}',
  });
  t.equal(answer.status, 400);
  t.match(await answer.json(), { error: { code: 'key_missing' } });
  for (const key of ['""', '"a" "b"', 'ü', `"${'x'.repeat(129)}"`])
    t.equal((await ask('POST', '/v1/opt_outs', { phone: '6175550192' }, keyed(key))).status, 400, key);
});

t.test('nobody is in two places at once', async t => {
  const book = (who: string) =>
    ask('POST', '/v1/calendar/events', { ...SLOT, time: '09:30', with: who, title: 'Dental' });
  const free = await ask('GET', '/v1/brokers/BR100002/free?date=2027-03-02&time=09:30');
  t.same(free.body, { free: true });
  const both = await Promise.all([book('CT100004'), book('CT100005'), book('CT100006')]);
  t.same(both.map(({ status }) => status).toSorted(), [201, 422, 422]);
  t.match(both.find(({ status }) => status === 422)?.body, { error: { code: 'taken' } });
});

t.test('an appointment is all of it or nothing', async t => {
  const at = { ...SLOT, time: '10:00', subject: 'Dental' };
  const [{ body: free }] = [await ask('GET', '/v1/brokers/availability?broker_id=BR100002&part=morning')];
  t.match(free, { available: true, broker_name: 'Marcus Bell', first_date: '2027-03-02' });
  const time = free.first_time;
  const before = await Promise.all(['calendar_events', 'appointments', 'tasks', 'messages'].map(countOf));
  const lead = await ask('POST', '/v1/leads', { line: 'dental', name: 'No Mail', phone: '6175550193' });
  const none = await ask('POST', '/v1/schedule', { ...at, time, with: lead.body.lead_id });
  t.match(none, { status: 422, body: { error: { code: 'no_email' } } });
  t.same(await Promise.all(['calendar_events', 'appointments', 'tasks', 'messages'].map(countOf)), before);
  const done = await ask('POST', '/v1/schedule', { ...at, time });
  t.match(done, {
    status: 201,
    body: { appointment_id: /^AP/, event_id: /^EV/, task_id: /^TK/, message_id: /^MS/ },
  });
  t.same(
    await Promise.all(['calendar_events', 'appointments', 'tasks', 'messages'].map(countOf)),
    before.map(count => count + 1),
  );
  const [client] = await rows("SELECT email FROM clients WHERE id = 'CT100004'");
  const { body } = await ask('GET', '/v1/messages?about=CT100004');
  t.match(body.messages, [
    { kind: 'email', recipient: client?.email, text: `Your appointment is on 2027-03-02 at ${time}.` },
  ]);
});

t.test('no broker works on Sundays, at noon, or when busy', async t => {
  const { body } = await ask('GET', '/v1/brokers/availability?broker_id=BR100001&from=2027-03-06&days=2');
  t.same(body, { available: false, slots: [] }, 'a weekend');
  const noon = await ask('GET', '/v1/brokers/BR100001/free?date=2027-03-03&time=12:00');
  t.same(noon.body, { free: false });
  const at = { broker_id: 'BR100001', date: '2027-03-03', time: '12:00', with: 'CT100001', title: 'Lunch' };
  t.match(await ask('POST', '/v1/calendar/events', at), { status: 422, body: { error: { code: 'taken' } } });
  t.equal(
    (await ask('POST', '/v1/calendar/events', { ...at, date: '2027-03-07', time: '10:00' })).status,
    422,
  );
  const past = await ask('GET', `/v1/brokers/BR100001/free?date=${TODAY}&time=09:00`);
  t.same(past.body, { free: false });
});

t.test('prices go by state and age, and nothing else', async t => {
  const price = async (query: string) =>
    (await ask('GET', `/v1/products/dental_plus/price?${query}`)).body.monthly_cents;
  t.equal(await price('state=NH&age=30'), 3900);
  t.equal(await price('state=MA&age=30'), 4290, 'MA is dearer by a tenth');
  t.equal(await price('state=TX&age=70'), 4914, '0.9 × 1.4');
  t.match(await ask('GET', '/v1/products/gold/price?state=MA'), { status: 404 });
  const quote = await ask('POST', '/v1/quotes/business', {
    about: 'LD100001',
    industry: 'Restaurant',
    revenue_dollars: 500_000,
    employees: 8,
    claims: 1,
  });
  // 850 + 500 × 4.20 + 8 × 65 dollars, and a fifth of it for the claim.
  t.match(quote.body, {
    referral: false,
    yearly_cents: 416_400,
    monthly_cents: 34_700,
    valid_until: '2027-03-31',
  });
  t.equal(
    quote.body.lines.reduce((sum: number, { cents }: { cents: number }) => sum + cents, 0),
    416_400,
  );
  const large = await ask('POST', '/v1/quotes/business', {
    about: 'LD100001',
    industry: 'x',
    revenue_dollars: 5_000_001,
    employees: 8,
    claims: 0,
  });
  t.same(large.body, { referral: true, reason: 'revenue' });
  const life = async (age: number, smoker: boolean) =>
    (
      await ask('POST', '/v1/quotes/life', {
        about: 'LD100002',
        age,
        smoker,
        term_years: 20,
        cover_dollars: 250_000,
      })
    ).body;
  t.equal((await life(22, false)).monthly_cents, 2100);
  t.equal((await life(22, true)).monthly_cents, 5250, 'two and a half times as much');
  t.same(await life(71, false), { referral: true, reason: 'age_or_term' });
});

t.test('answers of an application are kept, whoever calls back', async t => {
  const phone = '6175550194';
  const { body } = await ask('POST', '/v1/applications', { line: 'business', phone, name: 'Stone Bakery' });
  const at = `/v1/applications/${body.application_id}`;
  await ask('PUT', `${at}/answers`, { answers: { industry: 'restaurant', employees: 8 } });
  await ask('PUT', `${at}/answers`, { answers: { employees: 9, frying: true } });
  const found = await ask('GET', `/v1/applications?phone=${phone}`);
  t.match(found.body, {
    answers: { industry: 'restaurant', employees: 9, frying: true },
    revision: 2,
    status: 'open',
    answered: 3,
  });
  t.match((await ask('POST', `${at}/referral`, { reason: 'Frying' })).body, {
    status: 'referred',
    underwriter: 'Priya Raman',
  });
  t.equal((await ask('PUT', `${at}/answers`, { answers: { employees: 1 } })).status, 422);
  t.equal((await ask('POST', `${at}/submission`, {})).status, 422);
});

t.test('a claim says what is missing, until nothing is', async t => {
  const claim = {
    policy_number: 'PN100001',
    cause: 'collision',
    loss_date: '2027-02-20',
    description: 'Hit a post.',
  };
  const opened = await ask('POST', '/v1/claims', {
    ...claim,
    fields: { location: 'Salem', injuries: false },
  });
  t.match(opened.body, {
    claim_number: /^CL2\d{5}$/,
    complete: false,
    missing: ['drivable', 'other_party', 'police_report'],
    in_force: true,
  });
  const rest = { drivable: true, other_party: 'none', police_report: 'none' };
  const full = await ask('PUT', `/v1/claims/${opened.body.claim_number}/fields`, { fields: rest });
  t.match(full.body, { complete: true, missing: [], fields: { location: 'Salem', drivable: true } });
  t.match(await ask('POST', '/v1/claims', { ...claim, loss_date: '2027-03-02' }), {
    status: 422,
    body: { error: { code: 'in_future' } },
  });
  const old = await ask('POST', '/v1/claims', { ...claim, loss_date: '2025-02-20' });
  t.match(old.body, { in_force: false });
});

t.test('a policy is shown to those who know the date of birth', async t => {
  const [client] = await rows("SELECT born::text FROM clients WHERE id = 'CT100001'");
  t.match(await ask('GET', `/v1/policies/PN100001?born=${client?.born}`), {
    status: 200,
    body: { line: 'auto', status: 'active' },
  });
  t.equal((await ask('GET', '/v1/policies/PN100001?born=1900-01-01')).status, 404);
  t.equal((await ask('GET', '/v1/policies/PN100001')).status, 400);
  t.match((await ask('GET', '/v1/policies/PN100001/coverage?what=constructor')).body, {
    covered: false,
    limit_cents: 0,
  });
  t.equal(
    (await ask('POST', '/v1/policies/PN100012/certificates', { holder: 'x' })).status,
    422,
    'one that lapsed',
  );
});

t.test('who has no key learns nothing', async t => {
  for (const authorization of ['', 'Bearer', `Bearer ${KEY}x`, `Basic ${KEY}`, KEY]) {
    for (const path of ['/v1/clients?phone=6175550100', '/v1/nothing', '/v1/demo/faults']) {
      const answer = await fetch(`${office.url}${path}`, { headers: { authorization } });
      t.equal(answer.status, 401, `${authorization.slice(0, 8)} ${path}`);
      t.notMatch(await answer.text(), /Delgado|example\.com/);
    }
  }
  t.equal((await fetch(`${office.url}/health`)).status, 200);
});

t.test('hostile input is refused, and none of it is SQL', async t => {
  const sql = "'; DROP TABLE clients; --";
  const bad: readonly (readonly [string, string, unknown])[] = [
    ['GET', `/v1/clients?phone=${encodeURIComponent(sql)}`, undefined],
    ['GET', `/v1/notes?about=${encodeURIComponent(sql)}`, undefined],
    ['GET', '/v1/clients?phone=6175550100&ssn=1', undefined],
    ['GET', '/v1/clients/CT100001%2F..%2F/eligibility', undefined],
    ['GET', '/v1/policies/PN100001?born=1980-02-31', undefined],
    ['POST', '/v1/clients/CT100001/notes', { text: 'a\u0000b' }],
    ['POST', '/v1/clients/CT100001/notes', { text: '\ud800' }],
    ['POST', '/v1/clients/CT100001/notes', { text: 'x'.repeat(2001) }],
    ['POST', '/v1/clients/CT100001/notes', { text: 'x', status: 'withdrawn' }],
    ['POST', '/v1/clients/CT100001/notes', '{"text":"x","__proto__":{"a":1}}'],
    ['POST', '/v1/clients/CT100001/notes', '{"text":'],
    ['POST', '/v1/clients/CT100001/notes', { text: ['x'] }],
    ['POST', '/v1/clients/CT100001/notes', '['.repeat(10_000)],
    [
      'POST',
      '/v1/bookings',
      {
        piano: 'x',
        origin: 'a',
        destination: 'b',
        date: '2027-04-02',
        price_cents: 1e308,
        phone: '6175550100',
      },
    ],
    [
      'POST',
      '/v1/bookings',
      { piano: 'x', origin: 'a', destination: 'b', date: '2027-04-02', price_cents: -1, phone: '6175550100' },
    ],
    [
      'POST',
      '/v1/messages',
      { kind: 'email', recipient: 'a@example.com\r\nBcc: all', text: 'x', about: 'x' },
    ],
    ['POST', '/v1/messages', { kind: 'email', recipient: 'nobody', text: 'x', about: 'x' }],
    ['PUT', '/v1/applications/UW100001/answers', { answers: { constructor: 'x', 'a b': 1 } }],
    ['PUT', '/v1/applications/UW100001/answers', { answers: { a: { deep: true } } }],
    ['POST', '/v1/calendar/events', { ...SLOT, broker_id: 'BR999999', title: 'x' }],
  ];
  for (const [method, path, body] of bad) {
    const { status, body: answer } = await ask(method, path, body);
    t.ok(status >= 400 && status < 500, `${status} ${path} ${String(JSON.stringify(body)).slice(0, 60)}`);
    t.match(answer, { error: { code: String, message: String } });
    t.notMatch(JSON.stringify(answer), /DROP TABLE|Bcc/, 'and is not said again');
  }
  t.equal(
    (await ask('POST', '/v1/clients/CT100001/notes', { text: 'x'.repeat(OFFICE_LIMITS.bodyBytes) })).status,
    413,
  );
  const note = await ask('POST', '/v1/clients/CT100001/notes', { text: sql });
  t.equal(note.status, 201, 'as a text it is one');
  const { body } = await ask('GET', '/v1/notes?about=CT100001');
  t.equal(body.notes[0].text, sql);
  t.equal((await countOf('clients')) >= 60, true);
});

t.test('a request that never ends is ended', async t => {
  const { port } = new URL(office.url);
  const slow = request({ port, method: 'POST', path: '/v1/leads', headers: { 'content-length': '100' } });
  const status = await new Promise(resolve => {
    slow.on('response', response => resolve(response.statusCode));
    slow.on('error', () => resolve('closed'));
    slow.write('{');
  });
  t.equal(status, 401, 'without a key nobody waits for the rest');
  slow.destroy();
});

t.test('webhooks are taken by their signature, each once', async t => {
  const body = JSON.stringify({ type: 'fnol', data: { what: 'water' } });
  const send = (headers: object, text = body) =>
    fetch(`${office.url}/v1/hooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    });
  const signed = signWebhook(HOOK_SECRET, 'msg-1', Date.now(), body);
  t.match(await (await send(signed)).json(), { id: 'msg-1', repeated: false });
  t.match(await (await send(signed)).json(), { id: 'msg-1', repeated: true }, 'and never twice');
  t.equal(await countOf('hook_messages'), 1);
  t.equal((await send(signed, `${body} `)).status, 401);
  t.equal((await send({})).status, 401);
  t.equal((await send(signWebhook('other', 'msg-2', Date.now(), body))).status, 401);
  t.equal((await send(signWebhook(HOOK_SECRET, 'msg-3', Date.now() - 600_000, body))).status, 401, 'too old');
  t.equal((await send(signWebhook(HOOK_SECRET, 'msg-4', Date.now(), '{'), '{')).status, 400);
});

t.test('it describes itself', async t => {
  const { body: api } = await ask('GET', '/openapi.json');
  t.equal(api.openapi, '3.1.0');
  t.ok(Object.keys(api.paths).length > 40);
  t.ok(api.paths['/v1/schedule'].post.requestBody);
});

t.test('a second start finds all that is there, and the role owns no more than it', async t => {
  const before = await countOf('notes');
  t.equal(await prepareOffice(office.ownerUrl, office.dir), office.databaseUrl);
  t.equal(await countOf('notes'), before);
  const [role] = await rows('SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user');
  t.same(role, { rolsuper: false, rolcreatedb: false });
});
