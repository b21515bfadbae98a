import t, { type Test } from 'tap';
import { packLadder } from '../../src/ladder/archive.ts';
import { captureLadder } from '../../src/ladder/show/capture.ts';
import { wireCall } from '../ladder/wire_call.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

const FORMS = ['', '.txt', '.svg', '.pcap'];

async function startLadders(t: Test, parts: readonly string[] = packLadder(wireCall())) {
  const asked: string[][] = [];
  const plane = await startTestPlane({
    queries: {
      laddersOf: async (tenantId, callId) => {
        asked.push([tenantId, callId]);
        return callId === 'call-1' ? [...parts] : [];
      },
    },
  });
  t.teardown(plane.end);
  const get = (path: string, headers: Record<string, string> = WITH_KEY) =>
    plane.app.inject({ url: `/api/calls/${path}`, headers });
  return { asked, get };
}

t.test('as steps', async t => {
  const { get, asked } = await startLadders(t);
  const answer = await get('call-1/ladder');
  t.equal(answer.statusCode, 200);
  const { columns, steps } = answer.json();
  t.equal(columns.length, 4);
  t.equal(steps.length, 17);
  t.match(steps[0], {
    kind: 'request',
    at: '2026-01-05T12:00:00.000Z',
    from: '203.0.113.7:5066',
    to: '192.0.2.10:5060',
    protocol: 'UDP',
    title: 'INVITE sip:+00000299@192.0.2.10:5060',
    notes: ['audio 203.0.113.8:40000 PCMU, PCMA, G722, telephone-event sendrecv'],
    isRepeated: false,
  });
  t.same(asked, [['default', 'call-1']]);
});

t.test('as files', async t => {
  const { get } = await startLadders(t);
  const text = await get('call-1/ladder.txt');
  t.equal(text.headers['content-type'], 'text/plain; charset=utf-8');
  t.equal(text.headers['content-disposition'], 'inline; filename="call-1.txt"');
  t.match(text.body, '488 Not Acceptable Here');
  const picture = await get('call-1/ladder.svg');
  t.equal(picture.headers['content-type'], 'image/svg+xml; charset=utf-8');
  t.match(picture.body, /^<svg /);
  t.match(picture.headers['content-security-policy'], "default-src 'none'");
  t.equal(picture.headers['x-content-type-options'], 'nosniff');
  const capture = await get('call-1/ladder.pcap');
  t.equal(capture.headers['content-type'], 'application/vnd.tcpdump.pcap');
  t.equal(capture.headers['content-disposition'], 'attachment; filename="call-1.pcap"');
  t.ok(capture.rawPayload.equals(captureLadder(wireCall())));
  for (const form of FORMS) t.equal((await get(`call-1/ladder${form}`)).headers['cache-control'], 'no-store');
});

t.test('a gap has no ends', async t => {
  const { get } = await startLadders(t, packLadder([{ kind: 'gap', atMs: 0, count: 3 }]));
  t.match((await get('call-1/ladder')).json().steps, [{ kind: 'gap', from: null, to: null, protocol: null }]);
  for (const form of FORMS) t.equal((await get(`call-1/ladder${form}`)).statusCode, 200, form);
});

t.test('only with the key, and only of calls that have one', async t => {
  const { get, asked } = await startLadders(t);
  for (const form of FORMS) {
    t.equal((await get(`call-1/ladder${form}`, {})).statusCode, 401, form);
    t.same(asked, []);
  }
  for (const form of FORMS) {
    const answer = await get(`call-2/ladder${form}`);
    t.equal(answer.statusCode, 404, form);
    t.equal(answer.json().error.code, 'NOT_FOUND', form);
    t.equal((await get(`..%2f..%2fetc/ladder${form}`)).statusCode, 400, form);
  }
});

t.test('one that does not unpack is an error of ours, without a word of it', async t => {
  const { get } = await startLadders(t, ['bm8gbGFkZGVy']);
  for (const form of FORMS) {
    const answer = await get(`call-1/ladder${form}`);
    t.equal(answer.statusCode, 500, form);
    t.equal(answer.json().error.code, 'INTERNAL', form);
  }
});
