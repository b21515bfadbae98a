import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import t from 'tap';
import { newResponse } from '../../sip/message/build.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { packLadder, unpackLadder } from '../../src/ladder/archive.ts';
import type { LadderEntry } from '../../src/ladder/entries.ts';
import { ladderEvents } from '../../src/ladder/record.ts';
import { LadderRecorder } from '../../src/ladder/recorder.ts';
import { requestOf } from '../sip/transport/requests.ts';
import { Rig } from '../sip/transport/transport_rig.ts';
import { CALL_ID, START_MS, see, wire, wireCall } from './wire_call.ts';

/** A message of a call, as short as one can be. */
function message(startLine: string, callId: string, cseq: string, more: readonly string[] = []): Buffer {
  return wire([
    startLine,
    'Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1',
    'From: <sip:a@h>;tag=1',
    'To: <sip:b@h>',
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    ...more,
  ]);
}

const invite = (callId: string, more: readonly string[] = []) =>
  message('INVITE sip:b@h SIP/2.0', callId, '1 INVITE', more);
const info = (callId: string, number: number) => message('INFO sip:b@h SIP/2.0', callId, `${number} INFO`);

const REPORT = {
  direction: 'in',
  bytes: Buffer.from([0x80, 201, 0, 1, 1, 2, 3, 4]),
  local: { address: '192.0.2.10', port: 10_001 },
  remote: { address: '203.0.113.8', port: 40_001 },
  clockHz: 8000,
} as const;

function kinds(entries: readonly LadderEntry[]): string[] {
  return entries.map(({ kind }) => kind);
}

t.test('a call is what was seen of it, in its order', async t => {
  const entries = wireCall();
  t.equal(entries.length, 17);
  t.match(entries[0], {
    kind: 'sip',
    atMs: START_MS,
    direction: 'in',
    protocol: 'UDP',
    local: { address: '192.0.2.10', port: 5060 },
    remote: { address: '203.0.113.7', port: 5066 },
    cutBytes: 0,
  });
  t.match(entries[1], { direction: 'out', atMs: START_MS + 1 });
  t.match(entries[9], { kind: 'rtcp', direction: 'out', clockHz: 8000 });
});

t.test('what is taken is forgotten, and what is dropped', async t => {
  const recorder = new LadderRecorder();
  for (const callId of ['taken', 'dropped']) {
    see(recorder, 'in', invite(callId));
    recorder.hold(callId);
  }
  t.match(recorder.stats(), { attempts: 0, calls: 2 });
  t.equal(recorder.take('taken').length, 1);
  t.same(recorder.take('taken'), []);
  recorder.drop('dropped');
  t.same(recorder.take('dropped'), []);
  t.same(recorder.stats(), { attempts: 0, calls: 0, bytes: 0, forgotten: 0 });
});

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`both ends of a real connection see the same: ${protocol}`, async t => {
    const [mine, theirs] = [new LadderRecorder(), new LadderRecorder()];
    const [caller, callee] = [new Rig(t, { tap: mine.sip }), new Rig(t, { tap: theirs.sip })];
    await caller.listen(protocol);
    const hop = { protocol, address: '127.0.0.1', port: await callee.listen(protocol) };
    caller.transport.sendRequest(requestOf('INVITE'), hop, caller.watcher);
    const { request, flow } = await callee.requests.next();
    callee.transport.sendResponse(newResponse(request, 486, { toTag: 'b' }), flow, callee.watcher);
    await caller.responses.next();
    const [sent, received] = [mine.take(request.callId), theirs.take(request.callId)];
    const shown = (entries: readonly LadderEntry[]) =>
      entries.map(entry => (entry.kind === 'sip' ? `${entry.protocol} ${entry.text}` : ''));
    t.same(shown(sent), shown(received));
    t.match(sent, [
      { direction: 'out', text: /^INVITE / },
      { direction: 'in', text: /^SIP\/2.0 486 Busy Here/ },
    ]);
    t.match(received, [{ direction: 'in' }, { direction: 'out' }]);
    t.same(Object.keys(sent[0]?.kind === 'sip' ? sent[0].remote : {}), ['address', 'port']);
  });

t.test('only an INVITE begins a call', async t => {
  const recorder = new LadderRecorder();
  see(recorder, 'in', message('OPTIONS sip:b@h SIP/2.0', 'ping', '1 OPTIONS'));
  see(recorder, 'in', message('BYE sip:b@h SIP/2.0', 'late', '2 BYE'));
  see(recorder, 'out', message('SIP/2.0 200 OK', 'late', '1 INVITE'));
  see(recorder, 'in', Buffer.from('INVITE sip:b@h SIP/2.0\r\n\r\n'));
  recorder.hold('ping');
  t.match(recorder.stats(), { attempts: 0, calls: 0, bytes: 0 });
});

t.test('a request of the call that cannot be read is part of it', async t => {
  const recorder = new LadderRecorder();
  see(recorder, 'in', invite('call'));
  see(recorder, 'in', message('BYE sip:b@h SIP/2.0', 'call', 'x'));
  const entries = recorder.take('call');
  t.match(entries[1], { text: /^BYE sip:user-2@h SIP\/2.0\r\n/ });
});

t.test('a flood of attempts takes no call along', async t => {
  const recorder = new LadderRecorder();
  see(recorder, 'in', invite(CALL_ID));
  recorder.hold(CALL_ID);
  const padding = [`X-Pad: ${'y'.repeat(4_000)}`];
  for (let attempt = 0; attempt < 3_000; attempt++)
    see(recorder, 'in', invite(`attempt-${attempt}`, padding));
  const { attempts, calls, bytes } = recorder.stats();
  t.same({ attempts, calls }, { attempts: LIMITS.ladderAttempts, calls: 1 });
  t.ok(bytes < LIMITS.ladderAttempts * 5_000);
  t.equal(recorder.take(CALL_ID).length, 1);
});

t.test('an attempt is forgotten with time, a call is not', async t => {
  let nowMs = START_MS;
  const recorder = new LadderRecorder(() => nowMs);
  see(recorder, 'in', invite('attempt'));
  see(recorder, 'in', invite('call'));
  recorder.hold('call');
  nowMs += LIMITS.ladderAttemptMs + 1;
  see(recorder, 'in', invite('next'));
  t.match(recorder.stats(), { attempts: 1, calls: 1, forgotten: 0 });
  t.same(recorder.take('attempt'), []);
});

t.test('calls that nobody takes are given up, the oldest first', async t => {
  let nowMs = START_MS;
  const recorder = new LadderRecorder(() => nowMs);
  for (let call = 0; call <= LIMITS.ladderCalls; call++) recorder.rtcp(`call-${call}`, REPORT);
  t.match(recorder.stats(), { calls: LIMITS.ladderCalls, forgotten: 1 });
  t.same(recorder.take('call-0'), []);
  nowMs += LIMITS.ladderMs + 1;
  recorder.rtcp('young', REPORT);
  t.match(recorder.stats(), { calls: 1, forgotten: LIMITS.ladderCalls + 1 });
  t.same(recorder.take('call-1'), [], 'too old');
  t.equal(recorder.take('young').length, 1);
});

t.test('of too many messages the first and the last are kept, the others counted', async t => {
  const recorder = new LadderRecorder();
  see(recorder, 'in', invite('call'));
  const sent = LIMITS.ladderFirstEntries + LIMITS.ladderLastEntries + 100;
  for (let number = 2; number <= sent; number++) see(recorder, 'in', info('call', number));
  const entries = recorder.take('call');
  t.equal(entries.length, LIMITS.ladderFirstEntries + 1 + LIMITS.ladderLastEntries);
  t.match(entries[LIMITS.ladderFirstEntries], { kind: 'gap', count: 100 });
  t.match(entries[LIMITS.ladderFirstEntries + 1], {
    text: new RegExp(`CSeq: ${LIMITS.ladderFirstEntries + 101} INFO`),
  });
  t.match(entries.at(-1), { text: new RegExp(`CSeq: ${sent} INFO`) });
});

t.test('of too many bytes likewise', async t => {
  const recorder = new LadderRecorder();
  const padding = Array.from({ length: 3 }, () => `X-Pad: ${'y'.repeat(5_000)}`);
  for (let times = 0; times < 100; times++) see(recorder, 'in', invite('call', padding));
  t.ok(recorder.stats().bytes <= LIMITS.ladderFirstBytes + LIMITS.ladderLastBytes);
  const entries = recorder.take('call');
  const gap = entries.find(({ kind }) => kind === 'gap');
  t.match(gap, { count: 101 - entries.length });
  t.equal(recorder.stats().bytes, 0);
});

t.test('a message longer than is kept is cut to what can be read, and the rest counted', async t => {
  const recorder = new LadderRecorder();
  see(
    recorder,
    'in',
    invite(
      'call',
      Array.from({ length: 7 }, () => `X-Pad: ${'y'.repeat(4_000)}`),
    ),
  );
  const [entry] = recorder.take('call');
  if (entry?.kind !== 'sip') throw new Error('no message');
  t.ok(entry.cutBytes > 10_000);
  t.match(entry.text, /^INVITE .*\r\nX-Pad: masked\r\n\r\n$/s);
});

t.test('with its memory full a recorder keeps the latest of each call', async t => {
  const recorder = new LadderRecorder();
  const padding = Array.from({ length: 2 }, () => `X-Pad: ${'y'.repeat(7_900)}`);
  for (let call = 0; recorder.stats().bytes < LIMITS.ladderMemoryBytes; call++) {
    for (let times = 0; times < 10; times++) see(recorder, 'in', invite(`call-${call}`, padding));
    recorder.hold(`call-${call}`);
  }
  see(recorder, 'in', info('call-0', 2));
  see(recorder, 'in', info('call-0', 3));
  t.ok(recorder.stats().bytes < LIMITS.ladderMemoryBytes + 2 * LIMITS.ladderMessageBytes);
  const entries = recorder.take('call-0');
  t.same(kinds(entries.slice(-2)), ['gap', 'sip']);
  t.match(entries.slice(-2), [{ count: 1 }, { text: /CSeq: 3 INFO/ }]);
});

t.test('a ladder is packed for the record and comes back whole', async t => {
  const entries = wireCall();
  const parts = packLadder(entries);
  t.equal(parts.length, 1);
  t.ok((parts[0]?.length ?? 0) < JSON.stringify(entries).length / 4, 'and short');
  t.same(unpackLadder(parts), entries);
  t.same(packLadder([]), []);
});

t.test('what two processes saw is one ladder, by time', async t => {
  const entries = wireCall();
  const [signalling, media] = [
    entries.filter(({ kind }) => kind === 'sip'),
    entries.filter(({ kind }) => kind === 'rtcp'),
  ];
  t.same(unpackLadder([...packLadder(media), ...packLadder(signalling)]), entries);
});

t.test('as events it has a place of its own for each process and each part', async t => {
  const entries = wireCall();
  const owner = { tenantId: 'acme', callId: 'call-1', seenBy: 'edge' };
  const [event, ...others] = ladderEvents(owner, entries);
  t.same(others, []);
  t.same(event, {
    key: `call-1:ladder:edge:${START_MS}:0`,
    tenantId: 'acme',
    callId: 'call-1',
    at: '2026-01-05T12:00:15.001Z',
    type: 'call.ladder',
    detail: { part: packLadder(entries)[0] },
  });
  const keys = [
    ...ladderEvents(owner, entries.slice(5)),
    ...ladderEvents({ ...owner, seenBy: 'media-0' }, entries),
  ].map(({ key }) => key);
  t.equal(new Set([event?.key, ...keys]).size, 3);
  t.same(ladderEvents(owner, []), []);
});

t.test('the largest ladder comes in parts, none too long for an event', async t => {
  const recorder = new LadderRecorder();
  for (let number = 0; number < 60; number++) {
    const vias = Array.from({ length: 60 }, (_, at) => {
      const noise = createHash('sha512').update(`${number} ${at}`).digest('base64url');
      return `Via: SIP/2.0/UDP h;branch=z9hG4bK${noise}`;
    });
    see(recorder, 'in', invite('call', vias));
  }
  const entries = recorder.take('call');
  const parts = packLadder(entries);
  t.ok(parts.length > 1);
  for (const part of parts) t.ok(Buffer.byteLength(part, 'base64') <= LIMITS.ladderPartBytes);
  t.same(unpackLadder(parts), entries);
});

t.test('what is no packed ladder is refused', async t => {
  const packed = (value: unknown) => deflateRawSync(JSON.stringify(value)).toString('base64');
  const bomb = deflateRawSync(Buffer.alloc(LIMITS.ladderUnpackedBytes + 1, ' ')).toString('base64');
  for (const part of [
    '',
    'AAAA',
    bomb,
    packed(null),
    packed({ version: 2, entries: [] }),
    packed({ version: 1, entries: [{ kind: 'gap', atMs: 0 }] }),
  ])
    t.throws(() => unpackLadder([part]));
});
