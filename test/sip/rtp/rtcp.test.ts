import t from 'tap';
import { Reception } from '../../../sip/rtp/reception.ts';
import { rtcpIntervalMs } from '../../../sip/rtp/rtcp_interval.ts';
import { formatRtcp, parseRtcp, type RtcpPacket } from '../../../sip/rtp/rtcp_packet.ts';
import { RtcpSession, type SentState } from '../../../sip/rtp/rtcp_session.ts';
import { createRandom, mutate } from './random.ts';

const block = {
  ssrc: 0x01020304,
  fractionLost: 128,
  packetsLost: -2,
  highestSequence: 0x0001ffff,
  jitterTicks: 77,
  lastReport: 0xffeeddcc,
  delaySinceLastReport: 65_536,
};
const compound: RtcpPacket[] = [
  {
    type: 'senderReport',
    ssrc: 0xcafebabe,
    ntpSeconds: 0xe0000001,
    ntpFraction: 0x80000000,
    rtpTimestamp: 0xfffffff0,
    packets: 5,
    octets: 800,
    blocks: [block],
  },
  { type: 'cname', ssrc: 0xcafebabe, cname: 'é1' },
  { type: 'bye', ssrcs: [0xcafebabe, 9], reason: 'done' },
];

t.test('a compound is written as RFC 3550 §6 draws it', async t => {
  const hex = Buffer.from(formatRtcp(compound)).toString('hex');
  t.equal(
    hex,
    '81c8000ccafebabee000000180000000fffffff00000000500000320' +
      '0102030480fffffe0001ffff0000004dffeeddcc00010000' +
      '81ca0003cafebabe0103c3a931000000' +
      '82cb0004cafebabe0000000904646f6e65000000',
  );
  t.same(parseRtcp(formatRtcp(compound)), compound);
});

t.test('a receiver report without blocks, names of all lengths', async t => {
  for (let length = 0; length < 9; length += 1) {
    const packets: RtcpPacket[] = [
      { type: 'receiverReport', ssrc: 1, blocks: [] },
      { type: 'cname', ssrc: 1, cname: 'x'.repeat(length) },
      { type: 'bye', ssrcs: [1], reason: 'y'.repeat(length) },
    ];
    t.same(parseRtcp(formatRtcp(packets)), packets);
  }
});

t.test('what is no compound is refused', async t => {
  const good = formatRtcp(compound);
  t.equal(parseRtcp(new Uint8Array(0)), undefined);
  t.equal(parseRtcp(good.subarray(0, good.length - 1)), undefined, 'cut');
  t.equal(parseRtcp(formatRtcp(compound.slice(1))), undefined, 'no report first');
  t.equal(parseRtcp(Uint8Array.from(good).fill(0x9f, 0, 1)), undefined, 'more blocks than bytes');
  t.equal(parseRtcp(Uint8Array.from(good).fill(0x41, 0, 1)), undefined, 'version 1');
  const many = Array.from(
    { length: 17 },
    (): RtcpPacket => ({ type: 'receiverReport', ssrc: 1, blocks: [] }),
  );
  t.equal(parseRtcp(formatRtcp(many)), undefined, 'endless');
  t.equal(parseRtcp(formatRtcp(many.slice(1)))?.length, 16);
});

t.test('100,000 mutated compounds do no harm', async t => {
  const random = createRandom(9);
  const good = formatRtcp(compound);
  const session = new RtcpSession({ cname: 'c', ticksPerMs: 8, epochMs: 0, random });
  session.watch(new Reception(0xcafebabe, 8));
  let read = 0;
  for (let i = 0; i < 100_000; i += 1) {
    if (session.receive(mutate(good, random), 0x01020304, i)) read += 1;
  }
  t.ok(read > 1_000 && read < 99_000, `${read} could still be read`);
  const { farEnd } = session;
  t.ok(farEnd !== undefined && (farEnd.roundTripMs === undefined || farEnd.roundTripMs >= 0));
});

t.test('reports come every 5 s on average, never in step, and sooner at first', async t => {
  const session = new RtcpSession({ cname: 'c', ticksPerMs: 8, epochMs: 0, random: createRandom(2) });
  const sent = { ssrc: 2, packets: 1, octets: 160, timestamp: 0, sentAtMs: 0 };
  const times: number[] = [];
  for (let nowMs = 0; nowMs < 5_000_000; nowMs += 10) {
    if (!session.isDue(nowMs)) continue;
    session.next(sent, nowMs);
    times.push(nowMs);
  }
  const intervals = times.slice(1).map((time, i) => time - times[i]!);
  const mean = intervals.reduce((sum, ms) => sum + ms, 0) / intervals.length;
  t.ok(Math.abs(mean - 5_000) < 250, `${mean} ms`);
  t.ok(times[0]! < 3_100, `the first after ${times[0]} ms`);
  t.ok(Math.min(...intervals) > 2_000 && Math.max(...intervals) < 6_300);
  t.ok(new Set(intervals).size > 200, 'by chance');
});

t.test('reports keep to a twentieth of the bandwidth', async t => {
  t.equal(rtcpIntervalMs(120, 80, true, 0.5) * 2, rtcpIntervalMs(120, 80, false, 0.5));
  t.ok(Math.abs(rtcpIntervalMs(12_000, 80, false, 0.5) - 48_000 / 1.21828) < 1);
});

t.test('two ends tell each other of loss, and learn how long the path is', async t => {
  const options = { ticksPerMs: 8, epochMs: 1_700_000_000_123, random: () => 0.5 };
  const near = new RtcpSession({ ...options, cname: 'near' });
  // The far end's clock is off by a minute: the round trip must not depend on it.
  const far = new RtcpSession({ ...options, cname: 'far', epochMs: 1_700_000_060_000 });
  const fromNear = new Reception(1, 8);
  for (let i = 0; i < 100; i += 1) if (i % 10 !== 3) fromNear.note(i, i * 160, i * 20);
  near.watch(new Reception(2, 8));
  far.watch(fromNear);
  const sent = (ssrc: number, nowMs: number): SentState => ({
    ssrc,
    packets: 100,
    octets: 16_000,
    timestamp: 800,
    sentAtMs: nowMs - 5,
  });
  t.notOk(near.isDue(0));
  t.notOk(near.isDue(2_000));
  t.ok(near.isDue(2_500));
  const report = near.next(sent(1, 4_000), 4_000);
  t.match(parseRtcp(report)?.[0], { type: 'senderReport', rtpTimestamp: 840, packets: 100, octets: 16_000 });
  t.ok(far.receive(report, 2, 4_040));
  const answer = far.next(sent(2, 5_000), 5_000);
  t.ok(near.receive(answer, 1, 5_030));
  t.match(near.farEnd, { packetsLost: 10, fractionLost: 25 / 256, jitterMs: 0 });
  t.ok(Math.abs(near.farEnd!.roundTripMs! - 70) < 0.1, `${near.farEnd?.roundTripMs} ms`);
  t.notOk(near.isDue(5_030));
  t.match(parseRtcp(near.next(sent(1, 9_000), 9_000))?.[0], { type: 'receiverReport' }, 'nothing sent since');
});

t.test('the end of the source is told and heard, that of another is not', async t => {
  const options = { cname: 'c', ticksPerMs: 8, epochMs: 0, random: () => 0.5 };
  const one = new RtcpSession(options);
  one.watch(new Reception(2, 8));
  const sent = { ssrc: 2, packets: 1, octets: 160, timestamp: 0, sentAtMs: 0 };
  one.receive(new RtcpSession(options).bye({ ...sent, ssrc: 3 }, 0), 1, 0);
  t.notOk(one.hasEnded);
  one.receive(new RtcpSession(options).bye(sent, 0), 1, 0);
  t.ok(one.hasEnded);
});
