import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RecordingView } from '../../src/store/views.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

const SOUND = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));

const recording = (file: string): RecordingView => ({
  file,
  startMs: 0,
  rateHz: 16_000,
  durationMs: 1000,
  bytes: SOUND.length,
  deletedAt: null,
});

async function startRecordings(t: Test, files: readonly string[]) {
  const plane = await startTestPlane({
    queries: {
      recordingsOf: async (_, callId) => (callId === 'call-1' ? files.map(recording) : []),
    },
  });
  t.teardown(plane.end);
  const dir = join(plane.dir, 'recordings');
  writeFileSync(join(dir, 'default', 'call-1.wav'), SOUND);
  return {
    dir,
    get: (headers: Record<string, string> = {}, query = '', method: 'GET' | 'HEAD' = 'GET') =>
      plane.app.inject({
        method,
        url: `/api/calls/call-1/recording${query}`,
        headers: { ...WITH_KEY, ...headers },
      }),
    app: plane.app,
  };
}

t.test('whole, and in ranges', async t => {
  const { get } = await startRecordings(t, ['default/call-1.wav']);
  const whole = await get();
  t.equal(whole.statusCode, 200);
  t.equal(whole.headers['content-type'], 'audio/wav');
  t.equal(whole.headers['accept-ranges'], 'bytes');
  t.equal(whole.headers['cache-control'], 'no-store');
  t.equal(whole.headers['content-disposition'], 'attachment; filename="call-1.wav"');
  t.ok(whole.rawPayload.equals(SOUND));
  const ranges: [string, number, number][] = [
    ['bytes=0-99', 0, 99],
    ['bytes=100-', 100, 999],
    ['bytes=-10', 990, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=0-0', 0, 0],
    ['bytes=-5000', 0, 999],
  ];
  for (const [range, first, last] of ranges) {
    const part = await get({ range });
    t.equal(part.statusCode, 206, range);
    t.equal(part.headers['content-range'], `bytes ${first}-${last}/1000`, range);
    t.ok(part.rawPayload.equals(SOUND.subarray(first, last + 1)), range);
  }
  const head = await get({}, '', 'HEAD');
  t.equal(head.statusCode, 200);
  t.equal(head.headers['content-length'], '1000');
  t.equal(head.body, '');
});

t.test('ranges beyond the end, and what is no range (RFC 9110 §14.2)', async t => {
  const { get } = await startRecordings(t, ['default/call-1.wav']);
  for (const range of ['bytes=1000-', 'bytes=5000-6000', 'bytes=-0']) {
    const answer = await get({ range });
    t.equal(answer.statusCode, 416, range);
    t.equal(answer.headers['content-range'], 'bytes */1000', range);
    t.equal(answer.json().error.code, 'RANGE_INVALID', range);
  }
  const none = ['bytes=abc', 'bytes=', 'bytes=-', 'lines=1-2', 'bytes=5-1', `bytes=${'0-1,'.repeat(200)}0-1`];
  for (const range of [...none, `bytes=${'9'.repeat(400)}-`]) {
    const answer = await get({ range });
    t.equal(answer.statusCode, 200, range.slice(0, 30));
    t.ok(answer.rawPayload.equals(SOUND), range.slice(0, 30));
  }
});

t.test('a part only of the same file (If-Range)', async t => {
  const { get, dir } = await startRecordings(t, ['default/call-1.wav']);
  const etag = String((await get()).headers.etag);
  t.equal((await get({ range: 'bytes=0-9', 'if-range': etag })).statusCode, 206);
  writeFileSync(join(dir, 'default', 'call-1.wav'), 'it has become another');
  const answer = await get({ range: 'bytes=0-9', 'if-range': etag });
  t.equal(answer.statusCode, 200);
  t.equal(answer.body, 'it has become another');
});

t.test('a recording with nothing in it', async t => {
  const { get, dir } = await startRecordings(t, ['default/call-1.wav']);
  writeFileSync(join(dir, 'default', 'call-1.wav'), '');
  const answer = await get();
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['content-length'], '0');
  t.equal((await get({ range: 'bytes=0-' })).statusCode, 416);
});

t.test('a download that stands still does not keep the node from ending', async t => {
  const plane = await startTestPlane({
    plane: { limits: { closeMs: 50 } },
    queries: { recordingsOf: async () => [recording('default/call-1.wav')] },
  });
  writeFileSync(join(plane.dir, 'recordings', 'default', 'call-1.wav'), Buffer.alloc(50_000_000));
  const base = await plane.app.listen({ host: '127.0.0.1', port: 0 });
  const answer = await fetch(`${base}/api/calls/call-1/recording`, { headers: WITH_KEY });
  t.equal(answer.headers.get('content-length'), '50000000');
  await plane.end();
  await t.rejects(answer.arrayBuffer(), 'it was not sent whole');
});

t.test('several parts of one call', async t => {
  const { get, dir } = await startRecordings(t, ['default/call-1.wav', 'default/call-1.2.wav']);
  writeFileSync(join(dir, 'default', 'call-1.2.wav'), 'second');
  t.equal((await get({}, '?part=1')).body, 'second');
  t.equal((await get({}, '?part=2')).statusCode, 404);
});

t.test('no recording, or not here any more', async t => {
  const { app } = await startRecordings(t, []);
  for (const url of ['/api/calls/call-1/recording', '/api/calls/call-2/recording']) {
    const answer = await app.inject({ url, headers: WITH_KEY });
    t.equal(answer.statusCode, 404);
    t.equal(answer.json().error.code, 'NOT_FOUND');
  }
  const { get } = await startRecordings(t, ['default/gone.wav']);
  t.equal((await get()).statusCode, 404);
});

t.test('a forged row reaches no other file', async t => {
  const forged = [
    '../secret.wav',
    'default/../../secret.wav',
    'default/..%2f..%2fsecret.wav',
    '/etc/hostname',
    'other/call-1.wav',
    'default/.hidden.wav',
    'default/call-1.wav\0.txt',
    'default\\call-1.wav',
    'default/sub/call-1.wav',
    'default/link.wav',
    'linked/call-1.wav',
    'default/folder.wav',
    'default',
    '',
  ];
  for (const file of forged) {
    const { get, dir } = await startRecordings(t, [file]);
    writeFileSync(join(dir, '..', 'secret.wav'), 'secret');
    mkdirSync(join(dir, 'other'));
    writeFileSync(join(dir, 'other', 'call-1.wav'), 'secret');
    writeFileSync(join(dir, 'default', '.hidden.wav'), 'secret');
    mkdirSync(join(dir, 'default', 'sub'));
    writeFileSync(join(dir, 'default', 'sub', 'call-1.wav'), 'secret');
    mkdirSync(join(dir, 'default', 'folder.wav'));
    symlinkSync(join(dir, '..', 'secret.wav'), join(dir, 'default', 'link.wav'));
    symlinkSync(join(dir, 'other'), join(dir, 'linked'));
    const answer = await get();
    t.equal(answer.statusCode, 404, JSON.stringify(file));
    t.notMatch(answer.body, 'secret', JSON.stringify(file));
  }
});

t.test("a folder that is another tenant's by a link", async t => {
  const { get, dir } = await startRecordings(t, ['default/linked.wav']);
  mkdirSync(join(dir, 'other'));
  writeFileSync(join(dir, 'other', 'linked.wav'), 'secret');
  symlinkSync(join(dir, 'other', 'linked.wav'), join(dir, 'default', 'linked.wav'));
  t.equal((await get()).statusCode, 404);
});
