import t from 'tap';
import { readKeyFile } from '../../src/compliance/key_file.ts';
import { createVault } from '../../src/compliance/vault.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { callStory } from './call_story.ts';
import { asOwner, startTestStore } from './postgres.ts';

const store = await startTestStore();
t.teardown(() => store.end());

t.test('migrating again changes nothing, also twice at once', async t => {
  const run = () => migrate({ ownerUrl: store.ownerUrl, vault: store.vault, onLog: () => undefined });
  const before = await asOwner(store, 'SELECT * FROM node.migrations');
  await Promise.all([run(), run()]);
  t.same(await asOwner(store, 'SELECT * FROM node.migrations'), before);
  t.equal((await asOwner(store, 'SELECT * FROM node.sealing_keys')).length, 1);
});

t.test('a database of a newer version is refused', async t => {
  await asOwner(store, "INSERT INTO node.migrations (name, run_on) VALUES ('9999_future', now())");
  t.teardown(() => asOwner(store, "DELETE FROM node.migrations WHERE name = '9999_future'"));
  await t.rejects(migrate({ ownerUrl: store.ownerUrl, vault: store.vault, onLog: () => undefined }), {
    code: 'SCHEMA_NEWER',
    detail: /9999_future/,
  });
});

t.test('the wrong key file is found at once', async t => {
  const keys = readKeyFile(store.keyFile);
  const wrongSeal = createVault({ ...keys, sealing: new Map([['k1', Buffer.alloc(32, 1)]]) });
  const wrongIndex = createVault({ ...keys, index: Buffer.alloc(32, 2) });
  for (const vault of [wrongSeal, wrongIndex]) {
    await t.rejects(migrate({ ownerUrl: store.ownerUrl, vault, onLog: () => undefined }), {
      code: 'KEY_INVALID',
    });
  }
  const added = new Map([...keys.sealing, ['k2', Buffer.alloc(32, 3)]]);
  const rotated = createVault({ ...keys, current: 'k2', sealing: added });
  await migrate({ ownerUrl: store.ownerUrl, vault: rotated, onLog: () => undefined });
  t.equal((await asOwner(store, 'SELECT * FROM node.sealing_keys')).length, 2, 'a new key joins the old');
});

t.test("an operator's own database with one ordinary role serves as well", async t => {
  await asOwner(store, "CREATE ROLE operator LOGIN PASSWORD 'secret'");
  await asOwner(store, 'CREATE DATABASE own OWNER operator');
  const url = `postgres://operator:secret@127.0.0.1:${store.port}/own`;
  await migrate({ ownerUrl: url, vault: store.vault, onLog: () => undefined });
  const own = openDatabase(url, 1);
  await own.check();
  const seal = (event: CallEvent) => sealEvent(event, store.vault);
  await writeEvents(own, 'mine', callStory('mine', 'call-1').map(seal));
  await writeEvents(own, 'yours', callStory('yours', 'call-2').map(seal));
  const calls = (tenantId: string) =>
    own.transaction(tenantId, tx => tx.query<{ id: string }>('SELECT call_id AS id FROM calls', []));
  t.same(await calls('mine'), [{ id: 'call-1' }], 'its owner is bound by the policies too');
  t.same(await calls('yours'), [{ id: 'call-2' }]);
  await own.close();
});
