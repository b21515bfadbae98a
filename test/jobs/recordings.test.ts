import {
  createReadStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RecordingFile } from '../../src/recording/recording_file.ts';
import { contentOf } from '../../src/recording/stored_files.ts';
import type { RecordingDeletions } from '../../src/store/recording_deletions.ts';
import { asOwner, withClient } from '../store/postgres.ts';
import {
  AT,
  daysAgo,
  deletions,
  dir,
  keepCall,
  left,
  listed,
  nights,
  proofs,
  putFile,
  store,
  sweep,
} from './recording_rig.ts';

t.test('what is old enough goes, and a proof of each file stays', async t => {
  await keepCall('acme', 'old', { days: 91 });
  await keepCall('acme', 'failed', { days: 91, disposition: 'FAILED' });
  await keepCall('acme', 'young', { days: 89 });
  await keepCall('theirs', 'old', { days: 91 });
  const old = putFile('acme', 'old.wav');
  const second = putFile('acme', 'old.2.wav');
  const piece = putFile('acme', 'old.wav.media-7.part', 2);
  const failed = putFile('acme', 'failed.wav');
  putFile('acme', 'young.wav', 400);
  putFile('theirs', 'old.wav', 400);
  const { done, lines } = await sweep('acme');
  t.equal(done, 'done');
  t.match(lines, [{ level: 30, deleted: 4, held: 0, failed: 0 }]);
  t.notMatch(JSON.stringify(lines), /old|young/, 'by counts only');
  t.notOk([old, second, piece, failed].some(({ path }) => existsSync(path)));
  t.ok(existsSync(join(dir, 'acme', 'young.wav')), "by the call's end, not by the file");
  t.ok(existsSync(join(dir, 'theirs', 'old.wav')), 'of this tenant only');

  const proof = { rule: 'retention.recordings', days: 90 };
  const rows = await listed('acme');
  t.equal(rows.length, 4);
  const first = rows.find(({ file }) => file === 'acme/old.wav');
  t.match(first, { callId: 'old', sha256: old.sha256, bytes: old.bytes, ...proof });
  t.equal(Date.parse(first?.keptSince ?? ''), daysAgo(91).getTime());
  t.match(
    rows.find(({ file }) => file.endsWith('.part')),
    { callId: 'old', sha256: piece.sha256, ...proof },
  );
  t.same(await listed('theirs'), [], 'its tenant alone sees it');
  const told = await asOwner<{ file: string; sha256: string }>(
    store,
    "SELECT detail ->> 'file' AS file, detail ->> 'sha256' AS sha256 FROM events WHERE type = 'recording.deleted' AND call_id = 'failed'",
  );
  t.same(told, [{ file: 'acme/failed.wav', sha256: failed.sha256 }], "on the call's record");
  const marked = await asOwner<{ id: string }>(
    store,
    'SELECT call_id AS id FROM recordings WHERE deleted_at IS NOT NULL ORDER BY 1',
  );
  t.same(
    marked.map(({ id }) => id),
    ['failed', 'old'],
  );
  t.same(await proofs.figures('acme'), { deleted: 4, held: 0, failed: 0 });
  t.same((await sweep('acme', { at: new Date(AT.getTime() + 1) })).lines, [], 'and once');
});

t.test('days by workflow, and for ever', async t => {
  await keepCall('flows', 'brief', { days: 8, workflow: 'brief' });
  await keepCall('flows', 'ever', { days: 4000, workflow: 'ever' });
  await keepCall('flows', 'other', { days: 8 });
  for (const name of ['brief', 'ever', 'other']) putFile('flows', `${name}.wav`);
  await sweep('flows', { config: { recordingsByWorkflow: { brief: 7, ever: 0 } } });
  t.same(left('flows', ['brief.wav', 'ever.wav', 'other.wav']), ['ever.wav', 'other.wav']);
  t.match(await listed('flows'), [
    { callId: 'brief', rule: 'retention.recordingsByWorkflow.brief', days: 7 },
  ]);
  await sweep('flows', { config: { recordings: 0 } });
  t.same(left('flows', ['other.wav']), ['other.wav']);
});

t.test('files of which the record knows nothing are as old as they are; what is not ours stays', async t => {
  putFile('orphans', 'lost.wav', 91);
  putFile('orphans', 'lost.3.wav.media-1.part', 91);
  putFile('orphans', 'fresh.wav', 89);
  const foreign = ['notes.txt', 'lost.wav.bak', '.lost.wav', 'lost.mp3', 'lo st.wav'];
  for (const name of foreign) putFile('orphans', name, 400);
  mkdirSync(join(dir, 'orphans', 'folder.wav'));
  const secret = putFile('elsewhere', 'secret.wav', 400);
  symlinkSync(secret.path, join(dir, 'orphans', 'link.wav'));
  await sweep('orphans');
  t.same(left('orphans', ['lost.wav', 'lost.3.wav.media-1.part', 'fresh.wav']), ['fresh.wav']);
  t.same(left('orphans', [...foreign, 'folder.wav', 'link.wav']), [...foreign, 'folder.wav', 'link.wav']);
  t.ok(existsSync(secret.path));
  t.same(
    (await listed('orphans')).map(({ callId }) => callId),
    ['lost', 'lost'],
  );
  const made = await asOwner(store, "SELECT FROM calls WHERE tenant_id = 'orphans'");
  t.equal(made.length, 0, 'and no call comes of it');

  mkdirSync(join(dir, 'real'), { recursive: true });
  putFile('real', 'lost.wav', 400);
  symlinkSync(join(dir, 'real'), join(dir, 'linked'));
  await sweep('linked');
  t.ok(existsSync(join(dir, 'real', 'lost.wav')), 'nor by a folder that is a link');
});

t.test('what is written to stays, and who downloads reads to the end', async t => {
  await keepCall('busy', 'endless', { days: 91, disposition: 'none' });
  await keepCall('busy', 'crashed', { days: 91, disposition: 'none' });
  await keepCall('busy', 'read', { days: 91 });
  const path = join(dir, 'busy', 'endless.wav');
  mkdirSync(join(dir, 'busy'), { recursive: true });
  const live = await RecordingFile.create(path, `${path}.media-0.part`, 8000);
  await live.append(Buffer.alloc(64_000, 1));
  putFile('busy', 'crashed.wav.media-0.part', 2);
  const read = join(dir, 'busy', 'read.wav');
  const sound = Buffer.alloc(3_000_000, 7);
  writeFileSync(read, sound);
  const download = createReadStream(read, { highWaterMark: 65_536 });
  const chunks: Buffer[] = [];
  for await (const chunk of download) {
    if (chunks.length === 0) {
      await sweep('busy');
      t.notOk(existsSync(read), 'it is gone');
    }
    chunks.push(chunk as Buffer);
  }
  t.ok(Buffer.concat(chunks).equals(sound), 'and was read whole');
  await live.append(Buffer.alloc(64_000, 1));
  await live.finish();
  t.equal((await contentOf(path))?.bytes, 44 + 128_000, 'what was written to is whole');
  t.same(left('busy', ['crashed.wav.media-0.part']), [], 'but nobody writes to that any more');
  await sweep('busy');
  t.ok(existsSync(path), 'an end that is not known is not long ago as long as something was written');
});

t.test('broken off before the file is gone, or before that is known, the next run completes it', async t => {
  for (const when of ['before', 'between'] as const) {
    await keepCall(when, 'call', { days: 91 });
    const { path, sha256 } = putFile(when, 'call.wav');
    const dying: RecordingDeletions['delete'] = (tenantId, wanted, deleteFile) =>
      deletions.delete(tenantId, wanted, async () => {
        if (when === 'between') await deleteFile();
        throw new Error('killed');
      });
    await t.rejects(sweep(when, { through: { delete: dying } }));
    t.equal(existsSync(path), when === 'before', when);
    t.same(await listed(when), [], 'nothing is proven yet');
    await sweep(when, { at: nights(1) });
    t.notOk(existsSync(path));
    t.match(await listed(when), [{ file: `${when}/call.wav`, sha256 }]);
    const told = await asOwner(
      store,
      "SELECT FROM events WHERE tenant_id = $1 AND type = 'recording.deleted'",
      [when],
    );
    t.equal(told.length, 1);

    putFile(when, 'call.wav', 1);
    t.match(
      (await sweep(when, { at: nights(2) })).lines,
      [{ deleted: 1 }],
      'a file that came back goes again',
    );
    t.equal((await listed(when, 'call')).length, 2, 'with a proof of its own');
  }
});

t.test('where the folder is not there, nothing is taken for gone', async t => {
  await keepCall('unmounted', 'call', { days: 91 });
  putFile('unmounted', 'call.wav');
  const dying: RecordingDeletions['delete'] = (tenantId, wanted) =>
    deletions.delete(tenantId, wanted, () => Promise.reject(new Error('killed')));
  await t.rejects(sweep('unmounted', { through: { delete: dying } }));
  const folder = join(dir, 'unmounted');
  renameSync(folder, `${folder}-aside`);
  await sweep('unmounted');
  t.same(await listed('unmounted'), []);
  renameSync(`${folder}-aside`, folder);
  await sweep('unmounted');
  t.equal((await listed('unmounted')).length, 1);
});

t.test('so many in a run and no more, however often it is begun', async t => {
  for (let i = 0; i < 5; i += 1) putFile('limit', `call-${i}.wav`, 91);
  const config = { recordingsAtOnce: 2 };
  const first = await sweep('limit', { config });
  t.match(first.lines, [{ level: 40, deleted: 2, limit: 2 }]);
  await sweep('limit', { config });
  t.equal((await listed('limit')).length, 2, 'the same run once more');
  const signal = AbortSignal.abort();
  const next = nights(1);
  t.equal((await sweep('limit', { config, at: next, signal })).done, 'stopped');
  t.equal((await listed('limit')).length, 2);
  await sweep('limit', { config, at: next });
  t.equal((await listed('limit')).length, 4);
  t.same(await proofs.figures('limit'), { deleted: 4, held: 0, failed: 0 });
  t.same(await deletions.lastRun('limit'), next);
});

t.test('a file that cannot be deleted is told of, and others go', async t => {
  for (const name of ['a', 'b', 'c']) putFile('stuck', `${name}.wav`, 91);
  const failing: RecordingDeletions['delete'] = (tenantId, wanted, deleteFile) =>
    deletions.delete(tenantId, wanted, async () => {
      if (wanted.callId === 'b') rmSync(join(dir, 'stuck', 'b.wav'));
      if (wanted.callId === 'b') mkdirSync(join(dir, 'stuck', 'b.wav'));
      await deleteFile();
    });
  const { lines } = await sweep('stuck', { through: { delete: failing } });
  t.match(lines, [
    { level: 40, fault: { code: 'Error' } },
    { level: 30, deleted: 2, failed: 1 },
  ]);
  t.same(await proofs.figures('stuck'), { deleted: 2, held: 0, failed: 1 });
  t.equal((await listed('stuck')).length, 2);
});

t.test('a proof stays as it is, and pages hold still', async t => {
  const first = await proofs.list('acme', { limit: 3 });
  t.equal(first.rows.length, 3);
  const second = await proofs.list('acme', { limit: 3, cursor: first.next ?? '' });
  t.equal(second.rows.length, 1);
  t.equal(second.next, null);
  t.equal(new Set([...first.rows, ...second.rows].map(({ deletion }) => deletion)).size, 4);
  await withClient(store.appUrl, async client => {
    await client.query("SELECT set_config('trunkline.tenant', 'acme', false)");
    for (const sql of [
      'UPDATE recording_deletions SET bytes = 0',
      'UPDATE recording_deletions SET deleted_at = NULL',
      'DELETE FROM recording_deletions',
    ])
      await t.rejects(client.query(sql), { code: '42501' }, sql);
  });
  await t.rejects(asOwner(store, 'DELETE FROM recording_deletions'), { code: '42501' });
});
