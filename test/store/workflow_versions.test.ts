import { createHash } from 'node:crypto';
import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { openWorkflowStore } from '../../src/store/workflow_versions.ts';
import {
  approve,
  attachGate,
  deploy,
  rollBack,
  submit,
  versionOf,
} from '../../src/workflow/versions/lifecycle.ts';
import { asOwner, startTestStore, withClient } from './postgres.ts';

const NO_GATE = { needsGate: false };
const database = await startTestStore();
const store = openWorkflowStore({ databaseUrl: database.appUrl, connections: 4 });
t.teardown(async () => {
  await store.close();
  await database.end();
});

function draft(text: string, author = 'jo') {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { files: { 'shop.yaml': text }, sha256, flowVersion: null, author, note: 'why' };
}

async function approved(tenant: string, text: string): Promise<number> {
  const { version } = await store.add(tenant, 'shop', draft(text));
  const order = { who: 'maria', note: '' };
  await store.change(tenant, 'shop', all => [submit(versionOf(all, version), order, `1.0.0+${text}`)]);
  await store.change(tenant, 'shop', all => [
    approve(versionOf(all, version), order, { soleOperator: false }),
  ]);
  return version;
}

const deployed = (tenant: string, version: number, replaces: number | null, percent = 100) =>
  store.change(tenant, 'shop', all =>
    deploy(all, { who: 'maria', note: '', version, percent, replaces }, NO_GATE),
  );

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof TrunklineError ? `${error.code}: ${error.detail}` : String(error)),
  );
}

t.test('a version goes its way, and the history tells who and when', async t => {
  t.same(await store.inForce('acme'), { seq: 0, versions: [] });
  const first = await approved('acme', 'one');
  await deployed('acme', first, null);
  const second = await approved('acme', 'two');
  await store.change('acme', 'shop', all => [
    attachGate(versionOf(all, second), { who: 'jo', note: '' }, { passed: true, result: { turns: 4 } }),
  ]);
  await deployed('acme', second, first, 10);
  const tried = await store.inForce('acme');
  t.match(tried.versions, [
    { workflow: 'shop', version: first, state: 'live', files: { 'shop.yaml': 'one' }, canaryPercent: null },
    { workflow: 'shop', version: second, state: 'approved', canaryPercent: 10, gatePassed: true },
  ]);
  await deployed('acme', second, first);
  await store.change('acme', 'shop', all =>
    rollBack(all, { who: 'sam', note: 'calls fail', replaces: second }),
  );
  const { seq, versions } = await store.inForce('acme');
  t.match(versions, [{ version: first, flowVersion: '1.0.0+one', deployedBy: 'sam' }]);
  t.equal(versions.length, 1);
  t.equal(seq, await store.lastChange('acme'));
  const rows = await store.history('acme', 'shop', { limit: 3 });
  t.match(rows, [
    {
      seq,
      version: first,
      action: 'rolledBack',
      from: 'retired',
      to: 'live',
      who: 'sam',
      note: 'calls fail',
    },
    { version: second, action: 'replaced', from: 'live', to: 'retired', who: 'sam' },
    { version: second, action: 'deployed', from: 'approved', to: 'live', who: 'maria', percent: null },
  ]);
  t.ok(Math.abs(Date.parse(rows[0]!.at) - Date.now()) < 60_000);
  const older = await store.history('acme', 'shop', { version: second, before: rows[2]!.seq, limit: 50 });
  t.same(
    older.map(({ action, percent }) => [action, percent]),
    [
      ['replaced', null],
      ['tried', 10],
      ['gated', null],
      ['approved', null],
      ['submitted', null],
      ['drafted', null],
    ].slice(1),
  );
  t.match(await store.find('acme', 'shop', second), { gate: { turns: 4 }, note: 'why', author: 'jo' });
  t.equal(await store.find('acme', 'shop', 99), undefined);
  t.same(await store.findFlow('acme', 'shop', '1.0.0+two'), { 'shop.yaml': 'two' });
  t.equal(await store.findFlow('acme', 'shop', '1.0.0+none'), undefined);
  t.same(
    (await store.list('acme', 'shop')).map(({ version, state }) => [version, state]),
    [
      [second, 'retired'],
      [first, 'live'],
    ],
  );
});

t.test('a text is a version once, and one tenant sees nothing of another', async t => {
  const { version } = await store.add('beta', 'shop', draft('one'));
  t.equal(version, 1);
  t.equal(
    await codeOf(store.add('beta', 'shop', draft('one', 'sam'))),
    'VERSION_CONFLICT: version 1 has the same text',
  );
  t.equal((await store.list('beta', 'shop')).length, 1);
  t.same(await store.list('gamma', 'shop'), []);
  t.equal(await store.lastChange('gamma'), 0);
});

t.test('a retired text is drafted anew, as a version of its own', async t => {
  const first = await approved('epsilon', 'one');
  await deployed('epsilon', first, null);
  await deployed('epsilon', await approved('epsilon', 'two'), first);
  const anew = await store.add('epsilon', 'shop', draft('one', 'sam'));
  t.match(anew, { version: 3, state: 'draft', author: 'sam', flowVersion: null, gatePassed: null });
  t.equal(
    await codeOf(store.add('epsilon', 'shop', draft('one'))),
    'VERSION_CONFLICT: version 3 has the same text',
  );
  const back = { who: 'sam', note: '', replaces: 2 };
  await store.change('epsilon', 'shop', all => rollBack(all, back));
  t.match((await store.inForce('epsilon')).versions, [{ version: first, files: { 'shop.yaml': 'one' } }]);
});

t.test('of two that deploy at once one wins, and the other hears of it', async t => {
  const live = await approved('delta', 'live');
  await deployed('delta', live, null);
  const [one, two] = [await approved('delta', 'one'), await approved('delta', 'two')];
  const outcomes = await Promise.all([
    codeOf(deployed('delta', one, live)),
    codeOf(deployed('delta', two, live)),
  ]);
  t.equal(outcomes.filter(outcome => outcome === 'none').length, 1);
  t.match(
    outcomes.find(outcome => outcome !== 'none'),
    /^VERSION_CONFLICT: version \d is live by now, not 1$/,
  );
  const { versions } = await store.inForce('delta');
  t.equal(versions.length, 1);
});

t.test('one live and one tried version are the rule of the database, too', async t => {
  const twice = (state: string, percent: number | null) =>
    asOwner(
      database,
      `INSERT INTO workflow_versions (tenant_id, workflow, version, files, sha256, flow_version, author, note, state, canary_percent)
       VALUES ('delta', 'shop', 50, '{}', repeat('a', 64), 'x', 'jo', '', $1, $2), ('delta', 'shop', 51, '{}', repeat('b', 64), 'x', 'jo', '', $1, $2)`,
      [state, percent],
    );
  await t.rejects(twice('live', null), /workflow_one_live/);
  await t.rejects(twice('approved', 10), /workflow_one_canary/);
});

t.test('neither texts nor history are changed by anybody', async t => {
  const change = (sql: string) =>
    withClient(database.appUrl, async client => {
      await client.query("SELECT set_config('trunkline.tenant', 'acme', false)");
      return client.query(sql);
    });
  await t.rejects(change("UPDATE workflow_history SET who = 'nobody'"), /not to be changed/);
  await t.rejects(change('DELETE FROM workflow_history'), /permission denied|not to be changed/);
  await t.rejects(
    change(`UPDATE workflow_versions SET files = '{"shop.yaml": "else"}'`),
    /not to be changed/,
  );
  await t.rejects(asOwner(database, "UPDATE workflow_history SET who = 'nobody'"), /not to be changed/);
  await t.rejects(asOwner(database, 'DELETE FROM workflow_history'), /not to be changed/);
  t.match(await store.find('acme', 'shop', 1), { files: { 'shop.yaml': 'one' } });
});
