import t from 'tap';
import { formatRtp, parseRtp } from '../../../bench/wire/rtp_packet.ts';
import { parseRtcp } from '../../../sip/rtp/rtcp_packet.ts';
import type { RtpSession } from '../../../sip/rtp/rtp_session.ts';
import { SendSpread } from '../../../sip/rtp/send_spread.ts';
import { createRandom, mutate } from './random.ts';
import { createSession, FAR_HOST, FAR_PORT, STREAM } from './session_rig.ts';

const frame = new Float32Array(80);
const heard = new Float32Array(80);

/** Ten milliseconds of a leg: hears, says, sends at once. */
function tick(session: RtpSession, spread: SendSpread, nowMs: number): void {
  spread.startTick();
  session.pull(heard, nowMs);
  session.push(frame, nowMs);
  session.tick(nowMs);
  spread.startTick();
}

function packet(sequence: number, ssrc = 77, level = 64): Uint8Array {
  return formatRtp({
    payloadType: 0,
    marker: false,
    sequence: sequence & 0xffff,
    timestamp: (sequence * 160) >>> 0,
    ssrc,
    payload: new Uint8Array(160).fill(level),
  });
}

for (const ptimeMs of [10, 20, 30, 60]) {
  t.test(`packets of ${ptimeMs} ms follow each other without a gap`, async t => {
    const { session, wire, spread } = createSession({}, { ptimeMs });
    frame.fill(0.5);
    for (let nowMs = 0; nowMs < 1_200; nowMs += 10) tick(session, spread, nowMs);
    const packets = wire.rtp.map(({ bytes }) => parseRtp(bytes)!);
    t.equal(packets.length, 1_200 / ptimeMs);
    t.same(packets.map(({ marker }) => marker).filter(Boolean), [true], 'the marker on the first');
    const [first] = packets;
    for (const [i, { sequence, timestamp, ssrc, payload }] of packets.entries()) {
      t.equal(sequence, (first!.sequence + i) & 0xffff);
      t.equal(timestamp, (first!.timestamp + i * ptimeMs * 8) >>> 0);
      t.equal(ssrc, first!.ssrc);
      t.same(payload, new Uint8Array(ptimeMs * 8).fill(64));
    }
  });
}

t.test('packets of 60 ms are heard without a gap', async t => {
  const far = createSession({ random: createRandom(5) }, { ptimeMs: 60 });
  const near = createSession();
  let concealed = 0;
  for (let nowMs = 0; nowMs < 20_000; nowMs += 10) {
    frame.fill(0.5);
    tick(far.session, far.spread, nowMs);
    for (const { bytes } of far.wire.rtp.splice(0)) {
      near.session.receiveRtp(bytes, FAR_HOST, FAR_PORT, nowMs + (nowMs % 7));
    }
    if (near.session.pull(heard, nowMs + 9) && nowMs > 2_000) concealed += 1;
  }
  t.equal(concealed, 0);
  t.ok(heard.every(sample => Math.abs(sample - 0.5) < 1e-6));
  t.ok(near.session.buffer.depthMs < 40, `${near.session.buffer.depthMs} ms`);
});

t.test('on hold nothing is sent, and the timestamps go on', async t => {
  const { session, wire, spread } = createSession();
  for (let nowMs = 0; nowMs < 60; nowMs += 10) tick(session, spread, nowMs);
  for (let i = 0; i < 103; i += 1) session.skip();
  for (let nowMs = 1_090; nowMs < 1_130; nowMs += 10) tick(session, spread, nowMs);
  const packets = wire.rtp.map(({ bytes }) => parseRtp(bytes)!);
  t.equal(packets.length, 5);
  t.same(
    packets.map(({ marker }) => marker),
    [true, false, false, true, false],
  );
  t.equal((packets[3]!.timestamp - packets[2]!.timestamp) >>> 0, (20 + 1_030) * 8);
  t.equal(packets[3]!.sequence, (packets[2]!.sequence + 1) & 0xffff);
});

t.test('what is flushed is not sent, and what is pushed in its place takes its time', async t => {
  const { session, wire } = createSession({}, { ptimeMs: 60 });
  const push = (frames: number, level: number): void => {
    for (let i = 0; i < frames; i += 1) session.push(frame.fill(level), 0);
    session.sendNow();
  };
  push(6, 0.5);
  push(4, 0.25);
  t.equal(session.flush(), 40);
  t.equal(session.flush(), 0);
  push(6, -0.5);
  const [first, second] = wire.rtp.map(({ bytes }) => parseRtp(bytes)!);
  t.same(second?.payload, new Uint8Array(480).fill(-64));
  t.equal((second!.timestamp - first!.timestamp) >>> 0, 60 * 8);
});

t.test('a packet that waited for its turn gives its time back, too', async t => {
  const { session, wire } = createSession();
  const push = (frames: number, level: number): void => {
    for (let i = 0; i < frames; i += 1) session.push(frame.fill(level), 0);
  };
  push(2, 0.5);
  session.sendNow();
  push(3, 0.25);
  t.equal(session.flush(), 30);
  push(4, -0.5);
  session.sendNow();
  const [first, second, third] = wire.rtp.map(({ bytes }) => parseRtp(bytes)!);
  t.equal((second!.timestamp - first!.timestamp) >>> 0, 20 * 8);
  t.equal((third!.timestamp - second!.timestamp) >>> 0, 20 * 8);
  t.equal(third!.sequence, (first!.sequence + 2) & 0xffff);
  for (const sent of [second, third]) t.same(sent?.payload, new Uint8Array(160).fill(-64));
});

t.test('two sessions hear each other, and each other’s keys and reports', async t => {
  const keys: string[] = [];
  const one = createSession();
  const two = createSession({ random: createRandom(99), onKey: (key, ms) => keys.push(`${key} ${ms}`) });
  let level = 0;
  for (let nowMs = 0; nowMs < 20_000; nowMs += 10) {
    if (nowMs === 5_000) for (const key of '7#') t.ok(one.session.press(key, 100));
    frame.fill(0.5);
    tick(one.session, one.spread, nowMs);
    frame.fill(-0.25);
    tick(two.session, two.spread, nowMs);
    if (nowMs === 3_000) level = heard[0]!;
    for (const { bytes } of one.wire.rtp.splice(0))
      two.session.receiveRtp(bytes, FAR_HOST, FAR_PORT, nowMs + 3);
    for (const { bytes } of two.wire.rtp.splice(0))
      one.session.receiveRtp(bytes, FAR_HOST, FAR_PORT, nowMs + 3);
    for (const { bytes } of one.wire.rtcp.splice(0))
      two.session.receiveRtcp(bytes, FAR_HOST, FAR_PORT + 1, nowMs + 3);
    // On the RTP port, as some do.
    for (const { bytes } of two.wire.rtcp.splice(0))
      one.session.receiveRtp(bytes, FAR_HOST, FAR_PORT, nowMs + 3);
  }
  t.equal(level, 0.5);
  t.same(keys, ['7 100', '# 100']);
  t.match(two.session.stats(), {
    packetsReceived: 1_000,
    packetsLost: 0,
    malformed: 0,
    refused: 0,
    unwanted: 0,
  });
  t.match(one.session.stats().farEnd, { packetsLost: 0, fractionLost: 0 });
  const { roundTripMs } = one.session.stats().farEnd!;
  t.ok(Math.abs(roundTripMs! - 6) < 0.1, `${roundTripMs} ms`);
  one.session.sayBye(20_000);
  t.notOk(two.session.hasEnded);
  two.session.receiveRtcp(one.wire.rtp.at(-1)!.bytes, FAR_HOST, 9, 20_001);
  t.ok(two.session.hasEnded);
});

t.test('packets go where the far end shows itself, reports to the port after', async t => {
  const { session, wire, spread } = createSession();
  tick(session, spread, 0);
  tick(session, spread, 10);
  for (let i = 0; i < 5; i += 1) session.receiveRtp(packet(i), '198.51.100.7', 40_000, 20 * i);
  tick(session, spread, 100);
  tick(session, spread, 110);
  session.sayBye(120);
  t.same(
    wire.rtp.map(({ host, port }) => `${host} ${port}`),
    ['192.0.2.1 4000', '198.51.100.7 40000'],
  );
  t.match(wire.rtcp[0], { host: '198.51.100.7', port: 40_001 });
  session.agree({ ...STREAM, remote: { host: '192.0.2.200', rtpPort: 6_000, rtcpPort: 6_001 } });
  tick(session, spread, 130);
  tick(session, spread, 140);
  t.match(wire.rtp[2], { host: '192.0.2.200', port: 6_000 });
});

t.test('reports go back to where the far end’s come from', async t => {
  const { session, wire } = createSession();
  const far = createSession({ random: createRandom(5) });
  far.session.sayBye(0);
  const report = far.wire.rtcp[0]!.bytes;
  const sendReport = (): string => {
    session.sayBye(0);
    const control = wire.rtcp.splice(0).map(({ host, port }) => `rtcp ${host} ${port}`);
    const muxed = wire.rtp.splice(0).map(({ host, port }) => `rtp ${host} ${port}`);
    return [...control, ...muxed].join();
  };
  t.equal(sendReport(), 'rtcp 192.0.2.1 4001');
  session.receiveRtcp(report, '203.0.113.9', 5_555, 1);
  session.receiveRtcp(report.subarray(1), FAR_HOST, 6_666, 1);
  t.equal(sendReport(), 'rtcp 192.0.2.1 4001', 'not for strangers, nor for garbage');
  session.receiveRtcp(report, FAR_HOST, 7_777, 2);
  t.equal(sendReport(), 'rtcp 192.0.2.1 7777');
  session.receiveRtp(report, FAR_HOST, FAR_PORT, 3);
  t.equal(sendReport(), 'rtp 192.0.2.1 4000', 'on one port for both');
  session.agree({ ...STREAM, remote: { host: '192.0.2.2', rtpPort: 6_000, rtcpPort: 6_001 } });
  t.equal(sendReport(), 'rtcp 192.0.2.2 6001');
});

t.test('another source takes the stream over with its second packet; one stray packet does not', async t => {
  const { session, spread } = createSession();
  let sequence = 0;
  const run = (ssrc: number, fromMs: number, toMs: number, level: number): void => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 10) {
      if (nowMs % 20 === 0) {
        sequence += 1;
        session.receiveRtp(packet(sequence, ssrc, level), FAR_HOST, FAR_PORT, nowMs);
      }
      tick(session, spread, nowMs);
    }
  };
  run(77, 0, 1_000, 64);
  session.receiveRtp(packet(9_999, 78, 1), FAR_HOST, FAR_PORT, 1_000);
  run(77, 1_000, 1_500, 64);
  t.equal(heard[0], 0.5);
  sequence = 31_000;
  run(79, 1_500, 2_000, 32);
  t.equal(heard[0], 0.25);
  t.match(session.stats(), { unwanted: 2, packetsReceived: 24, packetsLost: 0 });
});

t.test('when both ends chose one SSRC, ours changes', async t => {
  const { session, wire, spread } = createSession();
  for (let nowMs = 0; nowMs < 40; nowMs += 10) tick(session, spread, nowMs);
  const own = parseRtp(wire.rtp[0]!.bytes)!.ssrc;
  session.receiveRtp(packet(1, own), FAR_HOST, FAR_PORT, 40);
  for (let nowMs = 50; nowMs < 90; nowMs += 10) tick(session, spread, nowMs);
  t.not(parseRtp(wire.rtp.at(-1)!.bytes)!.ssrc, own);
});

t.test('the packets of a tick are spread over it, in order, and none is left behind', async t => {
  const spread = new SendSpread();
  const sent: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    spread.startTick();
    for (let i = 0; i < 102; i += 1) spread.add({ sendNow: () => sent.push(i) });
    for (const most of [21, 42, 63, 83]) {
      spread.sendSlice();
      t.ok(sent.length - round * 102 <= most, `${sent.length}`);
    }
    if (round !== 1) spread.sendSlice();
    t.equal(spread.waiting, round === 1 ? 20 : 0);
  }
  t.same(
    sent,
    Array.from({ length: 306 }, (_, i) => i % 102),
  );
  for (let i = 0; i < 10_000; i += 1) spread.add({ sendNow: () => sent.push(i) });
  t.ok(spread.waiting <= 4_096);
  spread.stop();
  t.equal(sent.length, 10_306);
});

t.test('100,000 mutated datagrams, of strangers and of the far end, change nothing', async t => {
  const random = createRandom(21);
  const keys: string[] = [];
  const { session, spread, wire } = createSession({ onKey: key => keys.push(key) });
  const seeds = [packet(5), packet(6, 78)];
  let nowMs = 0;
  for (let i = 0; i < 200; i += 1, nowMs += 10) {
    if (i % 2 === 0) session.receiveRtp(packet(i / 2), FAR_HOST, FAR_PORT, nowMs);
    tick(session, spread, nowMs);
  }
  wire.rtcp.length = 0;
  session.sayBye(nowMs);
  seeds.push(wire.rtcp[0]!.bytes);
  for (let i = 0; i < 100_000; i += 1) {
    const bytes = mutate(seeds[i % 3]!, random);
    const host = i % 2 === 0 ? FAR_HOST : '203.0.113.9';
    if (i % 3 === 2) session.receiveRtcp(bytes, host, 9, nowMs);
    else session.receiveRtp(bytes, host, i % 4 === 0 ? FAR_PORT : 9, nowMs);
    if (i % 100 !== 0) continue;
    nowMs += 10;
    tick(session, spread, nowMs);
  }
  t.ok(heard.every(Number.isFinite));
  t.ok(session.buffer.depthMs < 3_000);
  for (let i = 0; i < 400; i += 1, nowMs += 10) {
    if (i % 2 === 0) session.receiveRtp(packet(40_000 + i / 2), FAR_HOST, FAR_PORT, nowMs);
    tick(session, spread, nowMs);
  }
  t.equal(heard[0], 0.5, 'the call goes on');
  t.equal(wire.rtp.at(-1)!.host, FAR_HOST);
  t.ok(parseRtcp(wire.rtcp.at(-1)!.bytes));
  t.ok(session.stats().malformed > 1_000);
});

t.test('a packet costs no memory', async t => {
  const bytes = packet(0);
  let octets = 0;
  const wire = {
    sendRtp: (sent: Uint8Array): void => {
      octets += sent.length;
    },
    sendRtcp: (): void => {},
    hearOnly: (): void => {},
    hearAll: (): void => {},
  };
  const { session, spread } = createSession({ wire });
  const run = (packets: number, from: number): void => {
    for (let i = from; i < from + packets; i += 1) {
      bytes[2] = i >> 8;
      bytes[3] = i;
      const timestamp = i * 160;
      bytes[4] = timestamp >>> 24;
      bytes[5] = timestamp >>> 16;
      bytes[6] = timestamp >>> 8;
      bytes[7] = timestamp;
      session.receiveRtp(bytes, FAR_HOST, FAR_PORT, i * 20);
      tick(session, spread, i * 20);
      tick(session, spread, i * 20 + 10);
    }
  };
  run(20_000, 0);
  const grown = Array.from({ length: 15 }, (_, round) => {
    const before = process.memoryUsage().heapUsed;
    run(5_000, 20_000 + round * 5_000);
    return (process.memoryUsage().heapUsed - before) / 5_000;
  });
  // A round may shrink by a collection, or come before its code was optimised. The reports every 5 s may allocate: a
  // packet's share is 12 bytes.
  const [, least = Infinity] = grown.filter(growth => growth >= 0).toSorted((a, b) => a - b);
  t.ok(least < 30, `${least} bytes a packet`);
  t.equal(octets, 95_000 * 172);
});

t.test('a report stays as it came, though its bytes are written over by the next datagram', t => {
  const kept: Uint8Array[] = [];
  const { session, wire, spread } = createSession({
    onReport: (way, bytes) => void (way === 'in' && kept.push(bytes)),
  });
  for (let nowMs = 0; wire.rtcp.length === 0; nowMs += 10) tick(session, spread, nowMs);
  const bytes = wire.rtcp[0]!.bytes.slice();
  session.receiveRtcp(bytes, FAR_HOST, FAR_PORT + 1, 10_000);
  bytes.fill(0);
  t.same(kept, [wire.rtcp[0]!.bytes]);
  t.end();
});
