import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { createFrame } from '../../pipeline/frame.ts';
import { CodecLeg } from '../../pipeline/kernels/codec_leg.ts';
import { formatRtcp, parseRtcp } from '../../sip/rtp/rtcp_packet.ts';
import { HOST } from './trunk_peer.ts';
import { freePortPair, kernels, settle, ToneEar, TrunkRig, toneFill, toneInt16 } from './trunk_rig.ts';

t.test('a line is ready when its ports are bound, and up when it is answered', async t => {
  const rig = await TrunkRig.open({ stream: null });
  t.same(rig.told.log, [], 'nothing is told by the constructor');
  t.same(rig.line.party, { from: '+15550100', to: '+15550199', sipCallId: 'one@here' });
  const frame = createFrame(8000);
  frame.samples.fill(1);
  rig.line.pull(frame);
  rig.line.push(frame);
  t.equal(rig.line.flush(), 0);
  t.ok(frame.samples.every(sample => sample === 0) && !frame.concealed, 'silence before');
  rig.line.answered(rig.peer.stream());
  while (rig.told.log.length < 2) await settle(1);
  t.same(rig.told.log, ['ready', 'answered'], 'also when the answer is the first to be there');
  rig.line.answered(rig.peer.stream());
  t.equal(rig.told.log.length, 2);
  await rig.close();
  t.same(rig.told.log.slice(2), ['closed localHangup', 'ended localHangup']);
  t.equal(kernels.pool('leg').freeSlots, 8);
});

t.test(
  'ports in use, an address that is not here, and no leg left are told, and nothing is kept',
  async t => {
    const port = await freePortPair();
    const other = createSocket('udp4').bind(port + 1, HOST);
    await once(other, 'listening');
    const taken = await TrunkRig.ready({ port });
    t.same(taken.told.log, ['failed portInUse', 'ended rejected']);
    other.close();
    await once(other, 'close');
    await taken.close();
    const legs = Array.from({ length: 8 }, () => CodecLeg.open(8000, kernels)!);
    const full = await TrunkRig.ready({ port });
    t.same(full.told.log, ['failed noLegLeft', 'ended rejected']);
    await full.close();
    for (const leg of legs) leg.close();
    const again = await TrunkRig.ready({ port });
    t.same(again.told.log, ['ready']);
    const twin = await TrunkRig.ready({ port });
    t.same(twin.told.log, ['failed portInUse', 'ended rejected']);
    await twin.close();
    await again.close();
    t.equal(kernels.pool('leg').freeSlots, 8);
  },
);

t.test('ports that a process which was killed still holds are waited for', async t => {
  const port = await freePortPair();
  const dead = createSocket('udp4').bind(port, HOST);
  await once(dead, 'listening');
  const rig = await TrunkRig.open({ port, portsHeldMs: 60_000 });
  await settle(20);
  t.same(rig.told.log, []);
  dead.close();
  while (rig.told.log.length === 0) await settle(1);
  t.same(rig.told.log, ['ready']);
  await rig.close();

  const other = createSocket('udp4').bind(port, HOST);
  await once(other, 'listening');
  const patient = await TrunkRig.ready({ port, portsHeldMs: 30 });
  t.same(patient.told.log, ['failed portInUse', 'ended rejected'], 'for no longer than that');
  other.close();
  await patient.close();
});

t.test('a line that is closed while it opens gives its ports back', async t => {
  const rig = await TrunkRig.open();
  await rig.line.close('localHangup');
  await settle();
  t.same(rig.told.log, ['closed localHangup', 'ended localHangup']);
  const next = await TrunkRig.ready({ port: rig.port });
  t.same(next.told.log, ['ready']);
  await next.close();
  rig.peer.close();
  t.equal(kernels.pool('leg').freeSlots, 8);
});

t.test('hold by direction, by address and by both, and its end', async t => {
  for (const [style, change] of [
    ['sendonly', { sends: false, receives: true, held: true }],
    ['inactive', { sends: false, receives: false, held: true }],
    ['0.0.0.0', { remote: null, sends: false, receives: true, held: true }],
    ['0.0.0.0 and inactive', { remote: null, sends: false, receives: false, held: true }],
  ] as const) {
    const rig = await TrunkRig.up();
    const { peer, line, told } = rig;
    await rig.run(500);
    await rig.drain();
    line.changed(peer.stream(change));
    peer.heard.length = 0;
    const reports = peer.reports.length;
    peer.say(toneInt16(440, 8000, 10_000));
    let loudest = 0;
    await rig.run(10_000, samples => {
      for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
    });
    t.equal(peer.heard.length, 0, `${style}: nothing is sent`);
    t.equal(loudest, 0, 'music is not the caller');
    t.equal(rig.concealed <= 3, true, 'silence is not made up for');
    t.ok(peer.reports.length > reports, 'reports go on');
    line.changed(peer.stream(change));
    line.changed(peer.stream());
    peer.say(toneInt16(500, 8000, 1_000));
    const ear = new ToneEar(500);
    await rig.run(1_000, ear.hear, toneFill(900, 8000));
    t.ok(ear.clear > 85, `${ear.clear} frames clear afterwards`);
    t.ok(peer.heard[0]?.marker);
    t.equal(peer.heard.filter(({ marker }) => marker).length, 1);
    t.same(told.log, ['ready', 'answered', 'held', 'resumed']);
    await rig.close();
  }
});

t.test('a call that begins on hold', async t => {
  const rig = await TrunkRig.ready();
  rig.line.answered(rig.peer.stream({ sends: false, held: true }));
  await rig.run(100);
  rig.line.changed(rig.peer.stream());
  t.same(rig.told.log, ['ready', 'answered', 'held', 'resumed']);
  await rig.close();
});

t.test('a hold lasts as long as the far end likes; silence does not', async t => {
  const heard = await TrunkRig.up();
  await heard.run(500);
  heard.line.changed(heard.peer.stream({ sends: false, held: true }));
  heard.peer.isSilent = true;
  heard.nowMs += 3_600_000;
  await heard.run(100);
  heard.line.changed(heard.peer.stream());
  heard.nowMs += 59_000;
  await heard.run(100);
  t.same(heard.told.log, ['ready', 'answered', 'held', 'resumed']);
  heard.nowMs += 2_000;
  await heard.run(20);
  t.same(heard.told.log.slice(4), ['closed networkLost', 'ended networkLost'], 'told once');
  await heard.close();
  const mute = await TrunkRig.up();
  mute.peer.isSilent = true;
  mute.nowMs += 59_000;
  await mute.run(20);
  t.equal(mute.told.log.length, 2);
  mute.nowMs += 2_000;
  await mute.run(20);
  t.same(mute.told.log.slice(2), ['closed noMedia', 'ended noMedia']);
  await mute.close();
});

t.test('reports alone keep a call, and a goodbye in one does not end it', async t => {
  const rig = await TrunkRig.up();
  await rig.run(500);
  rig.peer.isSilent = true;
  const report = formatRtcp([{ type: 'receiverReport', ssrc: 77, blocks: [] }]);
  const bye = formatRtcp([
    { type: 'receiverReport', ssrc: 77, blocks: [] },
    { type: 'bye', ssrcs: [77], reason: '' },
  ]);
  for (let i = 0; i < 5; i += 1) {
    rig.peer.sendReport(i === 3 ? bye : report);
    await rig.run(100);
    rig.nowMs += 40_000;
  }
  t.same(rig.told.log, ['ready', 'answered']);
  await rig.close();
});

t.test('keys by events whose ends are lost, by signalling, and by both at once', async t => {
  const rig = await TrunkRig.up();
  const { peer, line, told } = rig;
  const keys = (): string[] => told.log.splice(0).filter(entry => entry.startsWith('key'));
  await rig.run(500);
  keys();
  peer.press(5, 100, 3);
  await rig.run(300);
  t.same(keys(), ['key 5 100']);
  peer.press(11, 100, 0);
  await rig.run(300);
  t.same(keys(), ['key # 80'], 'as far as it was heard');
  line.key('9', 160);
  line.key('E', 160);
  line.key('12', 160);
  line.key('', 160);
  await settle();
  t.same(keys(), ['key 9 160']);
  peer.press(7, 400, 3);
  await rig.run(20);
  line.key('7', 400);
  await rig.run(100);
  t.same(keys(), ['key 7 400'], 'once');
  line.key('7', 400);
  await rig.run(100);
  peer.press(7, 400, 3);
  await rig.run(100);
  peer.press(7, 400, 3);
  await rig.run(100);
  t.same(keys(), ['key 7 400', 'key 7 400'], 'a third press is one more');
  rig.nowMs += 2_000;
  for (let i = 0; i < 1_000; i += 1) line.key('1', 100);
  await settle();
  t.equal(keys().length, 20, 'a flood is held to the limit');
  line.key('1', 100);
  await rig.close();
  await settle();
  t.same(keys(), [], 'nothing after the end');
});

t.test('what became of packets, as far as both ends know it', async t => {
  const rig = await TrunkRig.up();
  const { peer, line } = rig;
  await rig.run(8_000);
  const before = line.stats().network;
  t.match(before, { packetsLost: 0, packetsLate: 0, packetMs: 20 });
  t.equal(before?.roundTripMs, undefined);
  t.equal(before?.farEnd, undefined);
  const [own] = parseRtcp(peer.reports.at(-1)!)!;
  if (own?.type !== 'senderReport') throw new Error('no sender report');
  const block = {
    ssrc: own.ssrc,
    fractionLost: 32,
    packetsLost: 4,
    highestSequence: 0,
    jitterTicks: 96,
    lastReport: ((own.ntpSeconds << 16) | (own.ntpFraction >>> 16)) >>> 0,
    delaySinceLastReport: 0,
  };
  peer.sendReport(formatRtcp([{ type: 'receiverReport', ssrc: 77, blocks: [block] }]));
  await rig.run(20);
  const { roundTripMs, farEnd } = line.stats().network!;
  t.same(farEnd, { lossPct: 12.5, jitterMs: 12 });
  t.ok(roundTripMs !== undefined && roundTripMs >= 0 && roundTripMs < 8_000, `${roundTripMs} ms`);
  await rig.run(16_000);
  t.equal(line.stats().network?.farEnd, undefined, 'a report does not hold for ever');
  t.equal(line.stats().network?.roundTripMs, undefined);
  await rig.close();
});

t.test('every report goes by the ladder', async t => {
  const reports: string[] = [];
  const rig = await TrunkRig.up({ onReport: (way, bytes) => reports.push(`${way} ${bytes.length}`) });
  await rig.run(8_000);
  const sent = reports.filter(report => report.startsWith('out'));
  t.ok(sent.length >= 1);
  t.equal(sent.length, rig.peer.reports.length);
  rig.peer.sendReport(formatRtcp([{ type: 'receiverReport', ssrc: 77, blocks: [] }]));
  rig.peer.sendReport(Uint8Array.of(1, 2, 3));
  await rig.run(20);
  t.same(
    reports.filter(report => report.startsWith('in')),
    ['in 8'],
  );
  await rig.close();
});
