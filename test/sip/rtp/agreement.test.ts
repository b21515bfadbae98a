import t from 'tap';
import { formatRtp, parseRtp } from '../../../bench/wire/rtp_packet.ts';
import { RtpSession } from '../../../sip/rtp/rtp_session.ts';
import type { SendSpread } from '../../../sip/rtp/send_spread.ts';
import { createSession, FAR_HOST, FAR_PORT, type NotingWire, STREAM } from './session_rig.ts';

const frame = new Float32Array(80).fill(0.5);
const heard = new Float32Array(80);

function tick(session: RtpSession, spread: SendSpread, nowMs: number): void {
  spread.startTick();
  session.pull(heard, nowMs);
  session.push(frame, nowMs);
  session.tick(nowMs);
  spread.startTick();
}

function packet(payloadType: number, sequence: number, payload = new Uint8Array(160).fill(64)): Uint8Array {
  return formatRtp({ payloadType, marker: false, sequence, timestamp: sequence * 160, ssrc: 77, payload });
}

function sent(wire: NotingWire): { payloadType: number; bytes: number }[] {
  return wire.rtp.splice(0).map(({ bytes }) => {
    const { payloadType, payload } = parseRtp(bytes)!;
    return { payloadType, bytes: payload.length };
  });
}

t.test('before anything is agreed on, nothing is sent and nothing heard', async t => {
  const { wire, spread } = createSession();
  const { session: agreed } = createSession();
  t.equal(agreed.press('1', 100), true);
  const session = new RtpSession({
    codecs: {
      rateHz: 8000,
      clockRateHz: 8000,
      samplesIn: () => 0,
      decode: () => 0,
      conceal: () => {},
      restart: () => {},
      encode: () => 0,
    },
    wire,
    spread,
    cname: 'call',
    epochMs: 0,
    random: () => 0.5,
    onKey: () => t.fail('a key'),
  });
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
    if (nowMs % 20 === 0) session.receiveRtp(packet(0, nowMs / 20), FAR_HOST, FAR_PORT, nowMs);
    tick(session, spread, nowMs);
    t.ok(heard.every(sample => sample === 0));
  }
  t.equal(session.press('1', 100), false);
  t.equal(session.stats().packetsSent, 0);
  t.equal(session.stats().packetsReceived, 0);
});

t.test('all payload types that were agreed on are heard, none other, and one is spoken', async t => {
  const keys: string[] = [];
  const { session, wire, spread } = createSession(
    { onKey: (key, ms) => keys.push(`${key} ${ms}`) },
    {
      receive: [
        { payloadType: 0, codec: 'PCMU' },
        { payloadType: 8, codec: 'PCMA' },
      ],
      receiveEvents: [
        { payloadType: 101, clockHz: 8000 },
        { payloadType: 102, clockHz: 16_000 },
      ],
      codec: 'PCMA',
      sendPayloadType: 8,
      sendEvents: { payloadType: 96, clockHz: 8000 },
    },
  );
  for (let i = 0; i < 100; i += 1) {
    if (i % 2 === 0) session.receiveRtp(packet([0, 8, 9][(i / 2) % 3]!, i / 2), FAR_HOST, FAR_PORT, i * 10);
    tick(session, spread, i * 10);
  }
  t.match(session.stats(), { packetsReceived: 34, unwanted: 16 });
  t.ok(sent(wire).every(({ payloadType }) => payloadType === 8));
  session.receiveRtp(packet(101, 100, Uint8Array.of(1, 0x8a, 3, 32)), FAR_HOST, FAR_PORT, 1_000);
  session.receiveRtp(packet(102, 101, Uint8Array.of(2, 0x8a, 6, 64)), FAR_HOST, FAR_PORT, 1_000);
  t.same(keys, ['1 100', '2 100'], 'each by its own clock');
  t.ok(session.press('5', 60));
  for (let i = 100; i < 110; i += 1) tick(session, spread, i * 10);
  t.equal(sent(wire).filter(({ payloadType }) => payloadType === 96).length, 5);
});

t.test('a packet that is begun is sent as it was begun; the next one as agreed since', async t => {
  const { session, wire, spread } = createSession({}, { ptimeMs: 30 });
  tick(session, spread, 0);
  session.agree({ ...STREAM, codec: 'PCMA', sendPayloadType: 8, ptimeMs: 10 });
  for (let nowMs = 10; nowMs < 50; nowMs += 10) tick(session, spread, nowMs);
  t.same(sent(wire), [
    { payloadType: 0, bytes: 240 },
    { payloadType: 8, bytes: 80 },
    { payloadType: 8, bytes: 80 },
  ]);
  tick(session, spread, 50);
  session.agree({ ...STREAM, sends: false });
  for (let nowMs = 60; nowMs < 100; nowMs += 10) tick(session, spread, nowMs);
  t.equal(sent(wire).length, 1, 'and none is begun while nothing is to be sent');
});

t.test('keys go with the clock of the audio only, and not where none are taken', async t => {
  const { session } = createSession({}, { sendEvents: { payloadType: 101, clockHz: 48_000 } });
  t.equal(session.press('1', 100), false);
  session.agree({ ...STREAM, sendEvents: null });
  t.equal(session.press('1', 100), false);
  session.agree(STREAM);
  t.equal(session.press('1', 100), true);
});

t.test('reports go where the signalling wants them, and nowhere where it wants none', async t => {
  const remote = { host: FAR_HOST, rtpPort: FAR_PORT };
  const { session, wire } = createSession({}, { remote: { ...remote, rtcpPort: 9_999 } });
  session.sayBye(0);
  t.match(wire.rtcp.splice(0), [{ host: FAR_HOST, port: 9_999 }]);
  session.agree({ ...STREAM, remote: null });
  session.sayBye(0);
  t.match(wire.rtcp.splice(0), [{ host: FAR_HOST, port: 9_999 }], 'on hold by address, too');
  const none = createSession({}, { remote: { ...remote, rtcpPort: null } });
  none.session.sayBye(0);
  t.equal(none.wire.rtcp.length, 0);
  const nowhere = createSession({}, { remote: null });
  nowhere.session.sayBye(0);
  t.equal(nowhere.wire.rtcp.length + nowhere.wire.rtp.length, 0);
});

t.test('while nothing is received, what comes is counted and not heard', async t => {
  const keys: string[] = [];
  const { session, spread } = createSession({ onKey: key => keys.push(key) });
  const run = (fromMs: number, toMs: number): void => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 10) {
      if (nowMs % 20 === 0) session.receiveRtp(packet(0, nowMs / 20), FAR_HOST, FAR_PORT, nowMs);
      tick(session, spread, nowMs);
    }
  };
  run(0, 500);
  t.equal(heard[0], 0.5);
  session.agree({ ...STREAM, receives: false });
  run(500, 1_000);
  session.receiveRtp(packet(101, 50, Uint8Array.of(1, 0x8a, 3, 32)), FAR_HOST, FAR_PORT, 1_000);
  t.ok(heard.every(sample => sample === 0));
  t.same(keys, []);
  t.equal(session.heardAtMs, 1_000);
  t.equal(session.stats().packetsReceived, 51);
  session.agree(STREAM);
  run(1_020, 1_200);
  t.equal(heard[0], 0.5);
});

t.test('while the far end speaks from where it was said to be, nobody else need be heard', async t => {
  const { session, wire, spread } = createSession();
  const run = (host: string, port: number, fromMs: number, toMs: number): string[] => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 20) {
      if (host !== '') session.receiveRtp(packet(0, nowMs / 20), host, port, nowMs);
      tick(session, spread, nowMs);
    }
    return wire.ears.splice(0);
  };
  t.same(run(FAR_HOST, FAR_PORT, 0, 1_000), ['192.0.2.1 4000']);
  t.same(run('', 0, 1_000, 2_980), [], 'a pause');
  t.same(run('', 0, 2_980, 4_000), ['all'], 'a silence, after which another may follow');
  t.same(run(FAR_HOST, FAR_PORT, 4_000, 5_000), ['192.0.2.1 4000']);
  session.agree({ ...STREAM, remote: { host: '192.0.2.2', rtpPort: 6_000, rtcpPort: null } });
  session.agree({ ...STREAM, remote: { host: '192.0.2.2', rtpPort: 6_000, rtcpPort: null } });
  t.same(wire.ears.splice(0), ['all'], 'the signalling tells another place');
  t.same(run('198.51.100.7', 40_000, 5_000, 6_000), [], 'from elsewhere: who was meant may still come');
  t.same(run('192.0.2.2', 6_000, 6_000, 7_000), ['192.0.2.2 6000']);
});
