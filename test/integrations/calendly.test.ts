import t from 'tap';
import { adapterTools, NOW_MS } from './adapter_rig.ts';
import { startCalendly } from './servers/calendly_server.ts';

const TOKEN = 'pat-hunter2';
const TYPE = 'https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA';

async function started(t: Parameters<typeof adapterTools>[0], settings: object = {}) {
  const server = await startCalendly(TOKEN, () => NOW_MS);
  const config = { calendly: { default: { url: server.url, eventTypes: { default: TYPE }, ...settings } } };
  const tools = adapterTools(t, config, { CALENDLY_TOKEN: TOKEN });
  t.teardown(() => server.close());
  return { server, use: tools.use.bind(tools, 'calendly') };
}

const BOOK = {
  start: '2027-03-02T09:00',
  name: 'Ada Stone',
  email: 'ada@example.com',
  phone: '617-555-0190',
};

t.test('free times are told by the clocks of the account, from a minute ahead on', async t => {
  const { server, use } = await started(t);
  t.match(await use('available_times', { days: 2 }), {
    status: 'done',
    data: {
      available: true,
      time_zone: 'America/New_York',
      first_date: '2027-03-02',
      first_time: '04:00',
      second_time: undefined,
    },
  });
  const { query, headers } = server.asked[0]!;
  t.equal(query.get('event_type'), TYPE);
  t.equal(query.get('start_time'), '2027-03-01T15:01:00Z', 'what is past can not be asked for');
  t.equal(query.get('end_time'), '2027-03-03T05:00:00Z', 'midnight in Boston');
  t.equal(headers.authorization, `Bearer ${TOKEN}`);
  t.match(await use('available_times', { from: '2027-03-14', days: 1 }), {
    data: { slots: [{ date: '2027-03-14', time: '05:00', start: '2027-03-14T09:00:00Z' }] },
  });
  t.match(
    await use('available_times', { from: '2027-04-10', days: 31 }),
    { status: 'done' },
    'no more than 31 days',
  );
  t.match(await use('available_times', { event_type: 'other' }), { status: 'failed', why: 'refused' });
  t.match(await use('available_times', { days: 32 }), { status: 'failed', why: 'refused' });
});

t.test('an invitee is created once, however often it is asked for', async t => {
  const { server, use } = await started(t, { location: { kind: 'outbound_call' } });
  const first = await use('book', BOOK);
  t.match(first, {
    status: 'done',
    data: { event: /scheduled_events\/EV1/, start: '2027-03-02T14:00:00Z', repeated: false },
  });
  t.match(server.booked[0]?.body, {
    event_type: TYPE,
    start_time: '2027-03-02T14:00:00Z',
    invitee: {
      name: 'Ada Stone',
      email: 'ada@example.com',
      timezone: 'America/New_York',
      text_reminder_number: '+16175550190',
    },
    location: { kind: 'outbound_call', location: '+16175550190' },
  });
  t.match(await use('book', BOOK), { status: 'done', data: { event: /EV1/, repeated: true } });
  const invited = server.asked.filter(({ path }) => path === '/invitees').length;
  t.equal(invited, 1, 'where several may come, a second request would be a second invitee');
  t.equal(server.booked.length, 1);
  t.match(
    await use('book', { ...BOOK, email: 'b@example.com' }),
    { status: 'failed', why: 'refused' },
    'it is taken',
  );
  t.match(await use('book', { ...BOOK, start: 'tomorrow' }), { status: 'failed', why: 'refused' });
  t.match(await use('book', { ...BOOK, email: 'nobody' }), { status: 'failed', why: 'refused' });
  t.equal(server.booked.length, 1);
});

t.test('what was done and never answered is found again', async t => {
  for (const mishap of ['lostAfter', 'silentAfter'] as const) {
    const { server, use } = await started(t);
    server.plan(/POST \/invitees/, mishap);
    t.match(await use('book', BOOK, { timeoutMs: 400, retries: 0 }), { status: 'unknown' }, mishap);
    t.match(await use('book', BOOK, { retries: 1 }), { status: 'done', data: { repeated: true } });
    t.equal(server.booked.length, 1);
  }
  const { server, use } = await started(t);
  server.plan(/POST \/invitees/, 'lostAfter');
  t.match(await use('book', BOOK, { retries: 1 }), { status: 'done', attempts: 2, data: { repeated: true } });
  t.equal(server.booked.length, 1);
  server.plan(/GET \/scheduled_events/, { status: 200, body: { collection: [] } });
  t.match(
    await use('book', BOOK),
    { status: 'done', data: { repeated: true } },
    'seen when its time was taken',
  );
});

t.test('nothing was done where it was not even looked for', async t => {
  const { server, use } = await started(t);
  server.plan(/GET \/users\/me/, { status: 500, body: {} });
  t.match(await use('book', BOOK), { status: 'failed', why: 'unavailable' });
  server.plan(/GET \/scheduled_events/, 'silent');
  t.match(await use('book', BOOK, { timeoutMs: 300 }), { status: 'failed', why: 'timeout' });
  t.equal(server.booked.length, 0);
});

t.test('refusals and troubles are what they are', async t => {
  const { server, use } = await started(t);
  server.plan(/GET/, { status: 401, body: { title: 'Unauthenticated', message: 'x' } });
  t.match(await use('available_times', {}), { status: 'failed', why: 'refused', httpStatus: 401 });
  server.plan(/GET/, { status: 429, headers: { 'x-ratelimit-reset': '60' } });
  t.match(
    await use('available_times', {}, { retries: 2 }),
    { status: 'failed', why: 'unavailable', attempts: 1 },
    'nobody waits a minute',
  );
  server.plan(/GET/, { status: 429, headers: { 'x-ratelimit-reset': '1' } });
  t.match(await use('available_times', {}, { retries: 2 }), { status: 'done', attempts: 2 });
  server.plan(/GET/, { status: 503, body: '<html>' });
  t.match(await use('available_times', {}), { status: 'failed', why: 'unavailable' });
  for (const body of [
    '<html>',
    '[]',
    '{"collection":[{"status":"available","start_time":"soon"}]}',
    '{"collection":{}}',
  ]) {
    server.plan(/GET/, { status: 200, body });
    t.match(await use('available_times', {}), { status: 'failed', why: 'garbage' }, body);
  }
  server.plan(/POST \/invitees/, 'garbageAfter');
  t.match(await use('book', BOOK), { status: 'unknown', why: 'garbage' });
  server.plan(/POST \/invitees/, { status: 403, body: { title: 'Permission Denied' } });
  t.match(
    await use('book', { ...BOOK, start: '2027-03-03T09:00' }),
    { status: 'failed', why: 'refused' },
    'a free plan',
  );
});

t.test('links, and what was booked is cancelled once', async t => {
  const { server, use } = await started(t);
  t.match(await use('scheduling_link', {}), {
    status: 'done',
    data: { url: 'https://calendly.com/d/abc-1' },
  });
  t.same(JSON.parse(server.asked[0]!.body), { max_event_count: 1, owner: TYPE, owner_type: 'EventType' });
  const booked = await use('book', BOOK);
  const event = booked.status === 'done' ? (booked.data as { event: string }).event : '';
  t.match(await use('cancel', { event, reason: 'changed' }), { status: 'done', data: { cancelled: true } });
  t.match(await use('cancel', { event: 'EV1AAAAAAAA' }), { status: 'done' }, 'again is no failure');
  t.match(await use('cancel', { event: 'EV9' }), { status: 'failed', why: 'refused' });
  t.match(await use('cancel', { event: '../users/me' }), { status: 'failed', why: 'refused' });
  t.equal(server.booked[0]?.status, 'canceled');
  t.notOk(server.asked.some(({ path }) => path.includes('..')));
});
