import { createSocket } from 'node:dgram';
import t from 'tap';
import { formatRtp } from '../../bench/wire/rtp_packet.ts';
import { HOST, TrunkPeer } from './trunk_peer.ts';
import { ToneEar, TrunkRig, toneFill, toneInt16, toneShare } from './trunk_rig.ts';

for (const ptimeMs of [10, 20, 30, 60]) {
  t.test(`packets of ${ptimeMs} ms, both ways: nothing is made up, nothing is lost`, async t => {
    const peer = await TrunkPeer.open();
    peer.use('PCMA', ptimeMs);
    const rig = await TrunkRig.up({}, peer);
    t.equal(rig.line.playoutDelayMs, ptimeMs);
    await rig.run(600);
    rig.concealed = 0;
    peer.heard.length = 0;
    peer.say(toneInt16(500, 8000, 2_000));
    const ear = new ToneEar(500);
    await rig.run(1_800, ear.hear, toneFill(1_200, 8000));
    t.equal(rig.concealed, 0);
    t.ok(ear.clear > 165, `${ear.clear} clear frames`);
    t.ok(
      peer.heard.every(({ payload, fromPort }) => payload.length === ptimeMs * 8 && fromPort === rig.port),
    );
    const samples = TrunkPeer.samplesOf(peer.heard, 'PCMA');
    t.ok(toneShare(samples.slice(1_000), 1_200, 8000) > 0.99);
    t.ok(Math.abs(samples.length / 8 - 1_800) <= ptimeMs, `${samples.length / 8} ms sent`);
    await rig.close();
  });
}

t.test('a stranger is not heard, and nothing is sent to him', async t => {
  const rig = await TrunkRig.up();
  const stranger = createSocket('udp4');
  let answers = 0;
  stranger.on('message', () => {
    answers += 1;
  });
  rig.peer.say(toneInt16(500, 8000, 3_000));
  await rig.run(500);
  const ear = new ToneEar(500);
  for (let i = 0; i < 200; i += 1) {
    const payload = new Uint8Array(160).fill(i);
    const stray = { payloadType: 0, marker: false, sequence: i, timestamp: i * 160, ssrc: 77, payload };
    stranger.send(formatRtp(stray), rig.port, HOST);
    stranger.send(Uint8Array.of(0x80, 200, 0, 1, 0, 0, 0, 77), rig.port + 1, HOST);
    await rig.run(10, ear.hear);
  }
  t.ok(ear.clear > 190, `${ear.clear} of 200 clear frames`);
  t.equal(answers, 0);
  stranger.close();
  await rig.close();
});

t.test(
  'another codec in the middle of a call, as agreed or without notice, is heard and spoken at once',
  async t => {
    for (const rateHz of [8000, 16_000] as const) {
      const rig = await TrunkRig.up({ rateHz });
      const { peer, line } = rig;
      const talk = toneFill(700, rateHz);
      await rig.run(500, undefined, talk);
      // Agreed on beside the first: the far end may change as it likes (RFC 3264 §8.3.2).
      const both = [
        { payloadType: 0, codec: 'PCMU' },
        { payloadType: 9, codec: 'G722' },
      ] as const;
      line.changed(peer.stream({ receive: both }));
      peer.say(toneInt16(500, 8000, 1_000));
      await rig.run(500, undefined, talk);
      peer.use('G722');
      peer.say(toneInt16(500, 16_000, 1_000));
      rig.concealed = 0;
      const ear = new ToneEar(500, rateHz);
      await rig.run(500, ear.hear, talk);
      t.equal(rig.concealed, 0, 'no gap');
      t.ok(ear.clear >= 44, `${ear.clear} of 50 frames clear at ${rateHz}`);
      await rig.drain();
      peer.heard.length = 0;
      line.changed(peer.stream());
      await rig.run(500, undefined, talk);
      t.same([...new Set(peer.heard.map(({ payloadType }) => payloadType))], [9]);
      t.ok(toneShare(TrunkPeer.samplesOf(peer.heard, 'G722').slice(800), 700, 16_000) > 0.98);
      await rig.close();
    }
  },
);

t.test('an outage of 200 ms passes, and leaves no delay', async t => {
  const rig = await TrunkRig.up();
  rig.peer.say(toneInt16(500, 8000, 6_000));
  await rig.run(2_000);
  const before = rig.line.stats().jitterBufferMs;
  rig.peer.isSilent = true;
  await rig.run(200);
  rig.peer.isSilent = false;
  await rig.run(500);
  const ear = new ToneEar(500);
  rig.concealed = 0;
  await rig.run(2_000, ear.hear);
  t.equal(rig.concealed, 0);
  t.ok(ear.clear > 190, `${ear.clear} of 200`);
  t.ok(rig.line.stats().jitterBufferMs <= before + 20, `${rig.line.stats().jitterBufferMs} ms`);
  t.ok(rig.line.stats().framesConcealed >= 12);
  await rig.close();
});

for (const skewPpm of [2_000, -2_000]) {
  t.test(`a far end whose clock is off by ${skewPpm} ppm, 120 ms in a minute, is followed`, async t => {
    const rig = await TrunkRig.up();
    const peerMs = 10 * (1 + skewPpm * 1e-6);
    rig.peer.say(toneInt16(500, 8000, 62_000));
    await rig.run(1_000, undefined, undefined, peerMs);
    rig.concealed = 0;
    const ear = new ToneEar(500);
    await rig.run(60_000, ear.hear, undefined, peerMs);
    t.equal(rig.concealed, 0);
    t.ok(ear.clear > 5_900, `${ear.clear} of 6000`);
    t.ok(rig.line.stats().jitterBufferMs < 60, `${rig.line.stats().jitterBufferMs} ms`);
    t.equal(rig.line.stats().framesDropped, 0);
    await rig.close();
  });
}

t.test('late ticks that are made up at once move nothing', async t => {
  const rig = await TrunkRig.up();
  rig.peer.say(toneInt16(500, 8000, 20_000));
  const heldBackMs: number[] = [];
  const note = (): void => {
    heldBackMs.push(rig.caller.heldBackMs);
  };
  // Until the depth is what it will be.
  await rig.run(10_000);
  rig.concealed = 0;
  for (let i = 0; i < 30; i += 1) {
    await rig.run(80, note);
    // A tick in which no packet comes is 15 ms late, the next in time again.
    rig.nowMs += 15;
    await rig.run(10, note);
    rig.nowMs -= 15;
    await rig.run(10, note);
  }
  t.equal(rig.concealed, 0);
  t.ok(
    Math.max(...heldBackMs) - Math.min(...heldBackMs) < 10,
    `${Math.min(...heldBackMs)}…${Math.max(...heldBackMs)} ms`,
  );
  await rig.close();
});

t.test('the far end moves to another address', async t => {
  const rig = await TrunkRig.up();
  await rig.run(500);
  const next = await TrunkPeer.open();
  next.linePort = rig.port;
  next.ssrc = 78;
  rig.line.changed(next.stream());
  rig.peer.heard.length = 0;
  next.say(toneInt16(500, 8000, 2_000));
  const ear = new ToneEar(500);
  for (let i = 0; i < 100; i += 1) {
    next.tick();
    // The old end does not stop at once.
    rig.peer.isSilent = i > 5;
    await rig.run(10, ear.hear, toneFill(900, 8000));
  }
  t.equal(rig.peer.heard.length, 0);
  t.equal(next.heard.length, 50);
  t.ok(ear.clear > 85, `${ear.clear} of 100`);
  next.close();
  await rig.close();
});

t.test(
  'a far end whose ports are gone for a while, as its system says, is there again afterwards',
  async t => {
    const rig = await TrunkRig.up();
    await rig.run(500);
    const { port } = rig.peer;
    rig.peer.close();
    rig.peer.isSilent = true;
    await rig.run(500);
    const again = await TrunkPeer.open(port);
    again.linePort = rig.port;
    again.ssrc = 78;
    again.say(toneInt16(500, 8000, 2_000));
    const ear = new ToneEar(500);
    for (let i = 0; i < 100; i += 1) {
      again.tick();
      await rig.run(10, ear.hear, toneFill(900, 8000));
    }
    t.ok(ear.clear > 85, `${ear.clear} of 100`);
    t.ok(again.heard.length >= 49, `${again.heard.length} packets`);
    t.same(rig.told.log, ['ready', 'answered']);
    await rig.line.close('localHangup');
    again.close();
  },
);

t.test('an offer without an address is answered to nobody; who speaks on and on is believed', async t => {
  const rig = await TrunkRig.ready();
  const { peer } = rig;
  peer.isSilent = true;
  rig.line.answered(peer.stream({ remote: null }));
  await rig.run(500);
  t.equal(peer.heard.length, 0);
  peer.isSilent = false;
  await rig.run(60);
  t.equal(peer.heard.length, 0, 'not after three packets');
  await rig.run(200);
  t.ok(peer.heard.length > 5);
  await rig.close();
});

t.test('a sibling takes the call over on the same ports, as another source', async t => {
  const first = await TrunkRig.up();
  await first.run(500, undefined, toneFill(900, 8000));
  await first.line.close('localHangup');
  const { peer } = first;
  const before = new Set(peer.heard.splice(0).map(({ ssrc }) => ssrc));
  peer.say(toneInt16(500, 8000, 1_000));
  const second = await TrunkRig.up({ port: first.port, stream: peer.stream() }, peer);
  const ear = new ToneEar(500);
  await second.run(800, ear.hear, toneFill(900, 8000));
  const after = new Set(peer.heard.map(({ ssrc }) => ssrc));
  t.equal(before.size, 1);
  t.equal(after.size, 1);
  t.not([...before][0], [...after][0]);
  t.ok(ear.clear > 70, `${ear.clear} of 80`);
  t.ok(toneShare(TrunkPeer.samplesOf(peer.heard, 'PCMU').slice(800), 900, 8000) > 0.99);
  await second.close();
});

t.test(
  'what is flushed while it waits for its turn is not sent, and leaves no hole in the numbers',
  async t => {
    const rig = await TrunkRig.up();
    const { line, peer, spread } = rig;
    await rig.run(200);
    rig.agent.samples.fill(0.25);
    for (let i = 0; i < 3; i += 1) line.push(rig.agent);
    t.equal(line.flush(), 30);
    t.equal(line.flush(), 0);
    spread.startTick();
    await rig.run(200);
    const numbers = peer.heard.map(({ sequence }) => sequence);
    t.ok(numbers.every((number, i) => i === 0 || number === ((numbers[i - 1]! + 1) & 0xffff)));
    t.equal(peer.soundMs(), 0);
    await rig.close();
  },
);

t.test('a tick costs no memory', async t => {
  const rig = await TrunkRig.up({ rateHz: 16_000 });
  await rig.run(500, undefined, toneFill(500, 16_000));
  // What the sockets of the system cost is not the line's.
  rig.line.changed(rig.peer.stream({ sends: false }));
  const run = (ticks: number): void => {
    for (let i = 0; i < ticks; i += 1) {
      rig.nowMs += 0.5;
      rig.line.pull(rig.caller);
      rig.line.push(rig.agent);
    }
  };
  run(10_000);
  const grown = Array.from({ length: 9 }, () => {
    const before = process.memoryUsage().heapUsed;
    run(4_000);
    return (process.memoryUsage().heapUsed - before) / 4_000;
  });
  // A round may shrink by a collection, or come before its code was optimised; the hand-driven times are boxed.
  const [, least = Infinity] = grown.filter(growth => growth >= 0).toSorted((a, b) => a - b);
  t.ok(least < 32, `${least} bytes a tick`);
  await rig.close();
});
