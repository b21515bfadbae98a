import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { integrationsSchema } from '../../src/config/integrations.ts';
import { openIntegrations } from '../../src/integrations/registry.ts';
import { adapterTools, KEY_PAIR, SERVICE_ACCOUNT, serviceAccountFile } from './adapter_rig.ts';
import { startGoogle } from './servers/google_server.ts';

const CALENDAR = 'sales@example.com';

async function started(t: Parameters<typeof adapterTools>[0] & { testdir(): string }, settings: object = {}) {
  const server = await startGoogle({
    email: SERVICE_ACCOUNT,
    publicKey: KEY_PAIR.publicKey,
    calendar: CALENDAR,
  });
  const account = {
    url: `${server.url}/calendar/v3`,
    tokenUrl: `${server.url}/token`,
    calendar: CALENDAR,
    ...settings,
  };
  const env = { GOOGLE_APPLICATION_CREDENTIALS: serviceAccountFile(t.testdir()) };
  const tools = adapterTools(t, { google_calendar: { default: account } }, env);
  t.teardown(() => server.close());
  return { server, use: tools.use.bind(tools, 'google_calendar') };
}

const AT = { start: '2027-03-02T10:00', title: 'Call with Ada' };

t.test('free is what is within the hours and not busy, by the clocks of the account', async t => {
  const { server, use } = await started(t, { subject: 'robin@example.com' });
  await use('create_event', { ...AT, start: '2027-03-02T09:00', minutes: 60 });
  t.match(await use('available_times', { from: '2027-03-02', days: 1 }), {
    status: 'done',
    data: {
      first_date: '2027-03-02',
      first_time: '10:00',
      first_start: '2027-03-02T15:00:00Z',
      second_time: '12:00',
    },
  });
  t.match(server.claimed[0], {
    iss: SERVICE_ACCOUNT,
    sub: 'robin@example.com',
    scope: 'https://www.googleapis.com/auth/calendar',
  });
  t.match(
    await use('available_times', { from: '2027-03-06', days: 2 }),
    { data: { available: false, slots: [] } },
    'a weekend',
  );
  t.match(
    await use('available_times', { from: '2027-03-15', days: 1 }),
    {
      data: { first_time: '09:00', first_start: '2027-03-15T13:00:00Z' },
    },
    'the clocks were put forward',
  );
  t.equal(server.tokens(), 1, 'one token is enough');
});

t.test('an event is there once: its id is made of the key', async t => {
  const { server, use } = await started(t);
  const first = await use('create_event', { ...AT, note: 'From a call.' }, { key: 'k1' });
  t.match(first, {
    status: 'done',
    data: { event: /^[0-9a-f]{40}$/, date: '2027-03-02', time: '10:00', repeated: false },
  });
  t.match(server.events[0]?.body, {
    summary: 'Call with Ada',
    description: 'From a call.',
    start: { dateTime: '2027-03-02T15:00:00Z', timeZone: 'America/New_York' },
    end: { dateTime: '2027-03-02T15:30:00Z' },
  });
  t.match(await use('create_event', AT, { key: 'k1' }), { status: 'done', data: { repeated: true } });
  t.match(
    await use('create_event', AT, { key: 'k2' }),
    { status: 'failed', why: 'refused' },
    'somebody else is there then',
  );
  t.equal(server.events.length, 1);
});

t.test('what was done and never answered is done once', async t => {
  for (const mishap of ['lostAfter', 'silentAfter', 'garbageAfter'] as const) {
    const { server, use } = await started(t);
    server.plan(/POST .*\/events$/, mishap);
    const outcome = await use('create_event', AT, { timeoutMs: 400 });
    t.match(outcome, { status: 'unknown' }, mishap);
    t.match(await use('create_event', AT), { status: 'done', data: { repeated: true } });
    t.equal(server.events.length, 1);
  }
  const { server, use } = await started(t);
  await use('create_event', AT);
  // What is there is not seen yet.
  server.plan(/GET .*\/events\//, { status: 404, body: {} });
  server.plan(/POST .*freeBusy/, { status: 200, body: { calendars: { [CALENDAR]: { busy: [] } } } });
  t.match(
    await use('create_event', AT),
    { status: 'done', data: { repeated: true } },
    'a duplicate is what was wanted',
  );
  t.equal(server.events.length, 1);
});

t.test('a token that is refused is fetched anew, once', async t => {
  const { server, use } = await started(t);
  await use('available_times', {});
  server.expire();
  t.match(await use('available_times', {}), { status: 'done', attempts: 1 });
  t.equal(server.tokens(), 2);
  server.plan(/freeBusy/, ...Array.from({ length: 2 }, () => ({ status: 401, body: {} })));
  t.match(await use('available_times', {}), { status: 'failed', why: 'refused', httpStatus: 401 });
  t.equal(server.tokens(), 3, 'not for ever');
  server.expire();
  server.plan(
    /POST \/token/,
    { status: 400, body: { error: 'invalid_grant' } },
    { status: 503, body: '' },
    { status: 200, body: '{"access_token":"a\\r\\nb"}' },
  );
  const book = () => use('create_event', AT);
  t.match(await use('available_times', {}), { status: 'failed', why: 'refused' });
  t.match(await book(), { status: 'failed', why: 'unavailable' }, 'nothing was done');
  t.match(await book(), { status: 'failed', why: 'garbage' });
  t.match(await book(), { status: 'done' });
});

t.test('limits are told from refusals', async t => {
  const { server, use } = await started(t);
  const limited = (reason: string) => ({
    status: 403,
    body: { error: { errors: [{ domain: 'usageLimits', reason }], code: 403 } },
  });
  server.plan(/freeBusy/, limited('rateLimitExceeded'), limited('userRateLimitExceeded'));
  t.match(await use('available_times', {}, { retries: 2 }), { status: 'done', attempts: 3 });
  server.plan(/freeBusy/, limited('forbidden'));
  t.match(await use('available_times', {}, { retries: 2 }), {
    status: 'failed',
    why: 'refused',
    attempts: 1,
  });
  server.plan(/freeBusy/, { status: 429, headers: { 'retry-after': '1' } });
  t.match(await use('available_times', {}, { retries: 1 }), { status: 'done', attempts: 2 });
  server.plan(/freeBusy/, { status: 500, body: '<html>' });
  t.match(await use('available_times', {}), { status: 'failed', why: 'unavailable' });
  const { use: stranger } = await started(t, { calendar: 'other@example.com' });
  t.match(
    await stranger('available_times', {}),
    { status: 'failed', why: 'refused' },
    'a calendar that is not shared is not free',
  );
});

t.test('a cancelled event is cancelled, and not made again', async t => {
  const { server, use } = await started(t);
  const made = await use('create_event', AT);
  const event = made.status === 'done' ? (made.data as { event: string }).event : '';
  t.match(await use('cancel_event', { event }), { status: 'done', data: { cancelled: true } });
  t.match(await use('cancel_event', { event }), { status: 'done', data: { cancelled: false } });
  t.match(await use('cancel_event', { event: 'a/../b' }), { status: 'failed', why: 'refused' });
  t.match(await use('create_event', AT), { status: 'failed', why: 'refused' });
  t.equal(server.events.length, 1);
});

t.test('a try that is given up leaves no request behind', async t => {
  const { server, use } = await started(t);
  server.plan(/freeBusy/, 'silent');
  const stop = new AbortController();
  const asked = use('available_times', {}, { signal: stop.signal });
  setTimeout(() => stop.abort(), 200);
  t.match(await asked, { status: 'failed', why: 'cancelled' });
});

t.test('what is no key is told without it', async t => {
  const file = join(t.testdir(), 'key.json');
  const open = (text: string) => {
    writeFileSync(file, text);
    const config = integrationsSchema.parse({
      google_calendar: { default: { calendar: CALENDAR, keyFile: file } },
    });
    return () => openIntegrations(config, { folder: '/', env: {} });
  };
  const told = {
    code: 'CONFIG_INVALID',
    detail: 'integrations.google_calendar.default: that is no key file of a Google service account',
  };
  t.throws(open('hunter2'), told);
  t.throws(
    open(
      JSON.stringify({
        type: 'service_account',
        private_key_id: 'a',
        private_key: 'hunter2',
        client_email: 'b',
      }),
    ),
    told,
  );
});
