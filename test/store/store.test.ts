import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent, EventDetail } from '../../src/store/events.ts';
import { openQueries } from '../../src/store/queries.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { beginAll } from './begun_rows.ts';
import { asStored, callStory, PERSONAL, storyTeller } from './call_story.ts';
import { asOwner, startTestStore, withClient } from './postgres.ts';

const store = await startTestStore();
const database = openDatabase(store.appUrl, 2);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 4, vault: store.vault });
t.teardown(async () => {
  await queries.close();
  await database.close();
  await store.end();
});

function write(tenantId: string, events: readonly CallEvent[]) {
  return writeEvents(
    database,
    tenantId,
    events.map(event => sealEvent(event, store.vault)),
  );
}

/** Tables of tenants, from the catalogue, so that a later one can't be forgotten here. */
function tables(): Promise<{ name: string }[]> {
  return asOwner(
    store,
    `SELECT relname AS name FROM pg_class
     WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
}

t.test('a call is read as it was told', async t => {
  await write('acme', callStory('acme', 'told'));
  const call = await queries.getCall('acme', 'told');
  t.match(call, {
    callId: 'told',
    state: 'COMPLETED',
    direction: 'inbound',
    from: PERSONAL.from,
    to: PERSONAL.to,
    sipCallId: PERSONAL.sipCallId,
    workflow: 'piano_removal',
    startedAt: '2026-01-05T12:00:01.000Z',
    answeredAt: '2026-01-05T12:00:02.000Z',
    endedAt: '2026-01-05T12:00:23.000Z',
    endReason: 'remoteHangup',
    outcome: 'booked',
    durationMs: 10000,
    framesConcealed: 3,
    framesDropped: 0,
  });
  t.match(call?.turns, [
    { turn: 1, speaker: 'agent', interrupted: false, confidence: null },
    { turn: 2, speaker: 'caller', text: PERSONAL.said, interrupted: null, confidence: 0.8 },
    { turn: 3, speaker: 'agent', text: PERSONAL.asked, startMs: 5810, endMs: 7000, interrupted: true },
  ]);
  const thoughtBy = { provider: 'openai', ms: 180, wentOn: ['groq'] };
  const heardBy = { provider: 'deepgram', ms: 50, wentOn: [] };
  t.match(call?.latencies, [{ turn: 3, heardBy, thoughtBy, spokenBy: null }]);
  t.match(call?.slots, [
    { slot: 'floors', value: 3, confirmed: true, sensitive: false },
    { slot: 'pickup', value: PERSONAL.address, confirmed: true, sensitive: true },
    { slot: 'name', value: PERSONAL.name, sensitive: true },
  ]);
  t.match(call?.quotes, [{ totalCents: 24500, distanceMiles: 7.5, booked: true, callId: 'told' }]);
  t.match(call?.consents, [{ kind: 'recording', granted: true, mediaMs: 2000 }]);
  const sound = { startMs: 2010, rateHz: 16000, durationMs: 8000, bytes: 512044, deletedAt: null };
  t.same(call?.recordings, [{ file: 'acme/told.wav', ...sound }]);
  t.same(await queries.recordingsOf('acme', 'told'), call?.recordings);
});

t.test('a ladder is kept in its parts, sealed, and read by its tenant alone', async t => {
  const tell = storyTeller('acme', 'laddered');
  const parts = ['bWFza2Vk'.repeat(LIMITS.ladderPartBytes / 8), 'AAAA'];
  await write(
    'acme',
    parts.map(part => tell('call.ladder', { part })),
  );
  t.same(await queries.laddersOf('acme', 'laddered'), parts);
  t.same(await queries.laddersOf('umbrella', 'laddered'), []);
  t.same(await queries.laddersOf('acme', 'told'), []);
  t.equal((await queries.getCall('acme', 'laddered'))?.hasLadder, true);
  t.equal((await queries.getCall('acme', 'told'))?.hasLadder, false);
  const sql = "SELECT detail ->> 'part' AS part FROM events WHERE call_id = 'laddered'";
  for (const { part } of await asOwner<{ part: string }>(store, sql)) t.match(part, /^v1\./, 'sealed');
});

t.test('events are numbered in their order and come back opened', async t => {
  const story = callStory('numbers', 'call-1');
  await write('numbers', story.slice(0, 4));
  await write('numbers', story.slice(2));
  const read = await queries.eventsSince('numbers', 0, 100);
  t.same(
    read.map(({ key, detail }) => ({ key, detail })),
    story.map(asStored),
    'written twice, stored once',
  );
  const seqs = read.map(({ seq }) => seq);
  t.same(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
  t.equal(new Set(seqs).size, seqs.length);
  t.equal(seqs.at(-1), await queries.lastSeq('numbers'));
  const rest = await queries.eventsSince('numbers', seqs[9] ?? 0, 3);
  t.same(
    rest.map(({ seq }) => seq),
    seqs.slice(10, 13),
  );
  t.equal(await queries.lastSeq('nobody'), 0);
});

t.test('numbers become visible in order, whoever writes at once', async t => {
  const calls = Array.from({ length: 24 }, (_, i) => callStory('busy', `call-${i}`));
  const written = Promise.all(calls.map(story => write('busy', story)));
  const progress = { done: false };
  const read = async () => {
    const seen: string[] = [];
    for (let last = 0; ; ) {
      const { done } = progress;
      const events = await queries.eventsSince('busy', last, 50);
      seen.push(...events.map(({ key }) => key));
      last = events.at(-1)?.seq ?? last;
      if (done && events.length === 0) return seen;
    }
  };
  const reading = read();
  await written;
  progress.done = true;
  const keys = calls.flat().map(({ key }) => key);
  t.same((await reading).toSorted(), keys.toSorted(), 'who reads on from the last number misses none');
});

t.test('tenants see nothing of one another', async t => {
  await write('mine', callStory('mine', 'same-id'));
  await write('yours', callStory('yours', 'same-id'));
  for (const tenantId of ['mine', 'yours']) await beginAll(store, tenantId, 'same-id');
  const names = (await tables()).map(({ name }) => name);
  t.ok(names.length >= 9);
  for (const name of names) {
    const [row] = await asOwner<{ own: string }>(
      store,
      `SELECT count(*) AS own FROM ${name} WHERE tenant_id = 'mine'`,
    );
    t.not(row?.own, '0', `the story fills ${name}`);
    const visible = await database.transaction('mine', tx =>
      tx.query<{ tenant_id: string }>(`SELECT DISTINCT tenant_id FROM ${name}`, []),
    );
    t.same(visible, [{ tenant_id: 'mine' }], name);
    const changed = await database.transaction('mine', tx =>
      tx.query(`UPDATE ${name} SET tenant_id = tenant_id WHERE tenant_id = 'yours' RETURNING 1`, []),
    );
    t.same(changed, [], `${name} of others can't be changed`);
  }
  await t.rejects(
    database.transaction('mine', tx => tx.query("INSERT INTO tenants VALUES ('smuggled')", [])),
    { code: 'INTERNAL', detail: /42501/ },
    'nor can rows be made for others',
  );
  await t.rejects(
    database.transaction('mine', tx =>
      tx.query("UPDATE calls SET tenant_id = 'yours' WHERE call_id = 'same-id'", []),
    ),
    { code: 'INTERNAL' },
    'nor given to them',
  );
  t.equal(await queries.getCall('nobody', 'same-id'), undefined);
});

t.test('every table leads with the tenant and forces its policy', async t => {
  const rows = await asOwner<{ name: string; first: string; key: string | null; forced: boolean }>(
    store,
    `SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS forced,
            (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1) AS first,
            (SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
             WHERE indrelid = c.oid AND indisprimary) AS key
     FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  );
  for (const { name, first, key, forced } of rows) {
    t.same({ first, key, forced }, { first: 'tenant_id', key: 'tenant_id', forced: true }, name);
  }
});

t.test('without a tenant there is nothing, and the role of the node has no way around', async t => {
  const names = (await tables()).map(({ name }) => name);
  await withClient(store.appUrl, async client => {
    for (const name of names) {
      await t.rejects(client.query(`SELECT * FROM ${name}`), /unrecognized configuration parameter/, name);
    }
    await client.query("BEGIN; SELECT set_config('trunkline.tenant', 'acme', true); COMMIT");
    for (const name of names) {
      const { rowCount } = await client.query(`SELECT * FROM ${name}`);
      t.equal(rowCount, 0, `${name}: the setting ends with its transaction`);
    }
    const attempts = [
      'SET row_security = off; SELECT * FROM calls',
      'SET ROLE trunkline_owner',
      'SET SESSION AUTHORIZATION trunkline_owner',
      'ALTER TABLE calls DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE calls NO FORCE ROW LEVEL SECURITY',
      'DROP POLICY own_tenant ON calls',
      'CREATE POLICY all_of_it ON calls USING (true)',
      'ALTER ROLE trunkline_app BYPASSRLS',
      'TRUNCATE calls CASCADE',
      'DELETE FROM calls',
      'CREATE TABLE loot (a int)',
      'SELECT * FROM node.sealing_keys',
      "COPY calls TO PROGRAM 'cat'",
      "SELECT pg_read_file('PG_VERSION')",
    ];
    for (const sql of attempts)
      await t.rejects(client.query(sql), /permission denied|must be|only|row-level/, sql);
  });
});

t.test('what is no tenant reaches no query', async t => {
  const hostile = ['', 'A', "x'; DROP TABLE calls; --", "' OR '1'='1", 'a\0b', '../x', 'é', 'x'.repeat(65)];
  for (const tenantId of hostile) {
    await t.rejects(
      queries.listCalls(tenantId, { limit: 1 }),
      { code: 'BAD_REQUEST' },
      JSON.stringify(tenantId),
    );
  }
});

t.test('hostile ids and filters find nothing and harm nothing', async t => {
  const hostile = [
    "' OR '1'='1",
    "told'; DROP TABLE calls; --",
    '%',
    '_',
    '\\',
    '" ""',
    'told\n',
    '$1',
    '\u202e',
  ];
  for (const text of hostile) {
    t.equal(await queries.getCall('acme', text), undefined, JSON.stringify(text));
    t.same(await queries.recordingsOf('acme', text), []);
    t.same((await queries.listCalls('acme', { limit: 5 }, { from: text })).rows, []);
    t.same((await queries.listCalls('acme', { limit: 5 }, { sipCallId: text })).rows, []);
  }
  await t.rejects(queries.getCall('acme', 'a\0b'), { code: 'BAD_REQUEST' }, 'a NUL can be in no id');
  t.ok(await queries.getCall('acme', 'told'), 'the tables are still there');
});

t.test('a call is found by its Call-ID, to the letter; browsers have none', async t => {
  const [started] = callStory('dialogs', 'by-sip');
  const { sipCallId: _, ...browser } = started!.detail as EventDetail<'call.started'>;
  await write('dialogs', callStory('dialogs', 'by-sip'));
  await write('dialogs', [storyTeller('dialogs', 'by-browser')('call.started', browser)]);
  const found = async (sipCallId: string) =>
    (await queries.listCalls('dialogs', { limit: 5 }, { sipCallId })).rows.map(({ callId }) => callId);
  t.same(await found(PERSONAL.sipCallId), ['by-sip']);
  t.same(await found(PERSONAL.sipCallId.toUpperCase()), []);
  t.same(await found(''), []);
  t.equal((await queries.getCall('dialogs', 'by-browser'))?.sipCallId, null);
  const events = await queries.eventsSince('dialogs', 0, 100);
  t.match(events.find(({ callId }) => callId === 'by-browser')?.detail, { sipCallId: undefined });
  t.match(events[0]?.detail, { sipCallId: PERSONAL.sipCallId });
});

t.test('what a trunk said of a call is sealed, and shown with it', async t => {
  const [started] = callStory('trunks', 'by-trunk');
  const attributes = { customer: 'Zachary Quill', tier: 'gold' };
  const detail = { ...(started!.detail as EventDetail<'call.started'>), trunk: 'provider', attributes };
  await write('trunks', [storyTeller('trunks', 'by-trunk')('call.started', detail)]);
  await write('trunks', callStory('trunks', 'by-room'));
  t.match(await queries.getCall('trunks', 'by-trunk'), { trunk: 'provider', attributes });
  const { rows } = await queries.listCalls('trunks', { limit: 5 });
  t.same(rows.map(row => [row.callId, row.trunk, row.attributes]).toSorted(), [
    ['by-room', null, null],
    ['by-trunk', 'provider', attributes],
  ]);
});

t.test('calls are found by number, however it is written', async t => {
  const tell = storyTeller('finder', 'other');
  const [started] = callStory('finder', 'wanted');
  const other = { ...(started?.detail as object), from: '+15550100777' };
  await write('finder', callStory('finder', 'wanted'));
  await write('finder', [tell('call.started', other as EventDetail<'call.started'>)]);
  for (const from of ['+15550100123', '+1 (555) 010-0123', 'tel:+15550100123', '0015550100123']) {
    const { rows } = await queries.listCalls('finder', { limit: 10 }, { from });
    t.same(
      rows.map(({ callId }) => callId),
      ['wanted'],
      from,
    );
  }
  t.same((await queries.listCalls('finder', { limit: 10 }, { from: '+15550100' })).rows, []);
  const live = await queries.listCalls('finder', { limit: 10 }, { state: 'INITIATED' });
  t.same(
    live.rows.map(({ callId }) => callId),
    ['other'],
  );
});

t.test('pages hold still while calls come in', async t => {
  const startMs = Date.UTC(2026, 1, 1);
  const begin = async (callId: string, atMs: number) =>
    write('pages', callStory('pages', callId, atMs).slice(0, 1));
  // Pairs begin in the same instant: the id decides.
  for (let i = 0; i < 23; i += 1)
    await begin(`call-${String(i).padStart(2, '0')}`, startMs + Math.floor(i / 2) * 1000);
  const seen: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await queries.listCalls('pages', { limit: 5, cursor });
    seen.push(...page.rows.map(({ callId }) => callId));
    cursor = page.next ?? undefined;
    pages += 1;
    await begin(`late-${pages}`, startMs + 3_600_000 + pages);
  } while (cursor !== undefined);
  t.equal(pages, 5);
  t.same(
    seen,
    Array.from({ length: 23 }, (_, i) => `call-${String(22 - i).padStart(2, '0')}`),
  );
  t.equal((await queries.listCalls('pages', { limit: 28 })).next, null, 'a full last page has no next');
  const quotes = await queries.listQuotes('busy', { limit: 20 });
  const more = await queries.listQuotes('busy', { limit: 20, cursor: quotes.next ?? '' });
  t.equal(new Set([...quotes.rows, ...more.rows].map(({ quoteId }) => quoteId)).size, 24);
  t.equal(more.next, null);
});

t.test('a cursor of ours is asked for', async t => {
  const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bad = [
    '',
    'x',
    '%',
    forge([]),
    forge(['yesterday', 'a']),
    forge([1, 2]),
    forge(["2026-01-01'--", 'a']),
  ];
  for (const cursor of bad) {
    await t.rejects(queries.listCalls('acme', { limit: 1, cursor }), { code: 'BAD_REQUEST' }, cursor);
    await t.rejects(queries.listQuotes('acme', { limit: 1, cursor }), { code: 'BAD_REQUEST' });
  }
  const hostile = forge(['2026-01-01T00:00:00Z', "' OR 1=1 --"]);
  t.same((await queries.listCalls('acme', { limit: 1, cursor: hostile })).rows, []);
});

t.test('a call whose start was lost is kept with what is known', async t => {
  await write('torn', callStory('torn', 'call-1').slice(5));
  const call = await queries.getCall('torn', 'call-1');
  t.match(call, { state: 'COMPLETED', from: null, workflow: null, outcome: 'booked' });
  t.equal(call?.turns.length, 2);
});

t.test('the first end of a call counts', async t => {
  const tell = storyTeller('ends', 'call-1');
  const end = (disposition: 'COMPLETED' | 'FAILED', reason: string) =>
    tell('call.ended', { disposition, reason, durationMs: 1, framesConcealed: 0, framesDropped: 0 });
  await write('ends', [end('FAILED', 'mediaLost')]);
  await write('ends', [end('COMPLETED', 'remoteHangup')]);
  t.match(await queries.getCall('ends', 'call-1'), { state: 'FAILED', endReason: 'mediaLost' });
});

t.test('a sealed row that was moved or changed does not open', async t => {
  await write('sealed', callStory('sealed', 'a'));
  await write('sealed', callStory('sealed', 'b'));
  await asOwner(
    store,
    `UPDATE turns SET text_sealed = (
       SELECT text_sealed FROM turns WHERE tenant_id = 'sealed' AND call_id = 'b' AND turn = 2
     ) WHERE tenant_id = 'sealed' AND call_id = 'a' AND turn = 2`,
  );
  await t.rejects(queries.getCall('sealed', 'a'), { code: 'SEAL_BROKEN' });
  t.ok(await queries.getCall('sealed', 'b'));
});

t.test('no table and no log holds personal data in the clear', async t => {
  for (const { name } of await tables()) {
    const rows = await asOwner<{ text: string }>(store, `SELECT t::text AS text FROM ${name} t`);
    const all = rows.map(({ text }) => text).join('\n');
    t.ok(all.length > 0, `${name} was looked through`);
    for (const [what, value] of Object.entries(PERSONAL)) t.notOk(all.includes(value), `${what} in ${name}`);
    t.notMatch(all, /Thistlewick|Quackenbush|5550100123/i, name);
  }
  t.notMatch(store.logged.join('\n'), /Thistlewick|Quackenbush|5550100123/i);
});

t.test('a role that would see every tenant is refused', async t => {
  const asSuperuser = openQueries({ databaseUrl: store.ownerUrl, connections: 1, vault: store.vault });
  await t.rejects(asSuperuser.check(), { code: 'CONFIG_INVALID' });
  await asSuperuser.close();
  await queries.check();
});
