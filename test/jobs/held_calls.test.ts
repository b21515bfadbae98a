import { existsSync } from 'node:fs';
import t from 'tap';
import type { RecordingDeletions } from '../../src/store/recording_deletions.ts';
import { asOwner, withClient } from '../store/postgres.ts';
import {
  BY,
  daysAgo,
  deletions,
  holds,
  keepCall,
  listed,
  proofs,
  putFile,
  retention,
  states,
  store,
  sweep,
} from './recording_rig.ts';

t.test('a call that is held keeps all, until the last hold is lifted', async t => {
  await keepCall('holds', 'held', { days: 400 });
  const { path } = putFile('holds', 'held.wav');
  const first = await holds.set('holds', 'held', BY);
  const second = await holds.set('holds', 'held', { by: 'audit', why: 'sampled' });
  t.match(first, { callId: 'held', setBy: 'counsel', why: BY.why, liftedAt: null });
  await t.rejects(holds.set('holds', 'nobody', BY), { code: 'NOT_FOUND' });
  await t.rejects(holds.lift('holds', 'other', first.hold, BY), { code: 'NOT_FOUND' });
  const forgetAll = async () => {
    const { lines } = await sweep('holds');
    let rows = 0;
    for (const data of ['transcript', 'history', 'state'] as const) {
      const gone = await retention.forget('holds', {
        data,
        ofChats: false,
        before: daysAgo(1).toISOString(),
        calls: 10,
      });
      rows += gone.rows;
    }
    await states.forgetOld('holds');
    return { lines, rows };
  };
  t.match(await forgetAll(), { lines: [{ deleted: 0, held: 1 }], rows: 0 });
  t.same(await proofs.figures('holds'), { deleted: 0, held: 1, failed: 0 });
  await holds.lift('holds', 'held', first.hold, { by: 'counsel', why: 'settled' });
  t.match(await forgetAll(), { lines: [{ held: 1 }], rows: 0 }, 'the other one is in force');
  t.ok(existsSync(path));
  const [kept] = await asOwner<{ state: string | null; turns: number }>(
    store,
    "SELECT state_sealed AS state, (SELECT count(*)::integer FROM turns WHERE tenant_id = 'holds') AS turns FROM kept_states WHERE tenant_id = 'holds'",
  );
  t.type(kept?.state, 'string');
  t.equal(kept?.turns, 1);
  await withClient(store.appUrl, async client => {
    await client.query("SELECT set_config('trunkline.tenant', 'holds', false)");
    for (const sql of ["forget_of_calls('transcript', ARRAY['held'])", "forget_states(ARRAY['held'])"])
      t.same((await client.query(`SELECT * FROM ${sql}`)).rows, [], 'nor by the functions themselves');
    const change = "UPDATE legal_holds SET why_sealed = ''";
    await t.rejects(client.query(change), { code: '42501' });
  });

  await holds.lift('holds', 'held', second.hold, BY);
  await t.rejects(holds.lift('holds', 'held', second.hold, BY), { code: 'HOLD_STATE' });
  const over = await forgetAll();
  t.match(over.lines, [{ deleted: 1, held: 0 }]);
  t.equal(over.rows, 2);
  t.notOk(existsSync(path));
  const page = await holds.list('holds', { limit: 1 }, {});
  t.match(page.rows, [{ hold: second.hold, liftedBy: 'counsel', liftWhy: BY.why }]);
  const next = await holds.list('holds', { limit: 1, cursor: page.next ?? '' }, {});
  t.match(next, { rows: [{ hold: first.hold, liftWhy: 'settled' }], next: null });
  t.same((await holds.list('holds', { limit: 5 }, { inForce: true })).rows, []);
  t.same((await holds.list('others', { limit: 5 }, {})).rows, [], 'its tenant alone sees them');
  const told = await asOwner<{ type: string; why: string }>(
    store,
    "SELECT type, detail ->> 'why' AS why FROM events WHERE tenant_id = 'holds' AND type LIKE 'hold.%' ORDER BY seq",
  );
  t.same(
    told.map(({ type }) => type),
    ['hold.set', 'hold.set', 'hold.lifted', 'hold.lifted'],
  );
  t.notMatch(JSON.stringify(told), /Quackenbush/, 'sealed');
});

t.test('a hold that comes while a file is looked at comes in time, or waits', async t => {
  await keepCall('race', 'call', { days: 91 });
  const { path } = putFile('race', 'call.wav');
  const holdThen: RecordingDeletions['delete'] = async (tenantId, wanted, deleteFile) => {
    await holds.set('race', 'call', BY);
    return deletions.delete(tenantId, wanted, deleteFile);
  };
  t.match((await sweep('race', { through: { delete: holdThen } })).lines, [{ deleted: 0, held: 1 }]);
  t.ok(existsSync(path));
  t.same(await listed('race'), [], 'that it was to be deleted is no proof');

  await keepCall('race', 'late', { days: 91 });
  const late = putFile('race', 'late.wav');
  let isSet = false;
  let setting: Promise<unknown> = Promise.resolve();
  const within: RecordingDeletions['delete'] = (tenantId, wanted, deleteFile) =>
    deletions.delete(tenantId, wanted, async () => {
      setting = holds.set('race', 'late', BY).then(() => {
        isSet = true;
      });
      await asOwner(store, 'SELECT pg_sleep(0.2)');
      t.notOk(isSet, 'who asks meanwhile is told when it is decided');
      await deleteFile();
    });
  await sweep('race', { through: { delete: within } });
  await setting;
  t.ok(isSet);
  t.notOk(existsSync(late.path));
  t.equal((await listed('race', 'late')).length, 1);
});
