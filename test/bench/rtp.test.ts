import t from 'tap';
import { CODECS } from '../../bench/wire/codec.ts';
import { encodeMuLaw } from '../../bench/wire/g711.ts';
import { formatRtp, parseRtp, type RtpPacket } from '../../bench/wire/rtp_packet.ts';
import { RtpReceiver } from '../../bench/wire/rtp_receiver.ts';
import { RtpSender } from '../../bench/wire/rtp_sender.ts';
import { Track } from '../../bench/wire/track.ts';

const PACKET_TICKS = 160;

/** The n-th packet of a stream whose samples count packets: 1,000 in the first, 2,000 in the second. */
function packet(n: number, changes: Partial<RtpPacket> = {}): Uint8Array {
  return formatRtp({
    payloadType: 0,
    marker: n === 0,
    sequence: (65_530 + n) & 0xffff,
    timestamp: (0xffff_ff00 + n * PACKET_TICKS) >>> 0,
    ssrc: 1,
    payload: encodeMuLaw(new Int16Array(PACKET_TICKS).fill((n + 1) * 1000)),
    ...changes,
  });
}

interface Heard {
  readonly atMs: number;
  readonly level: number;
}

function listen(): { receiver: RtpReceiver; heard: Heard[] } {
  const heard: Heard[] = [];
  const receiver = new RtpReceiver(CODECS.PCMU, (pcm, atMs) => {
    heard.push({ atMs: Math.round(atMs), level: Math.round(pcm[0]! / 1000) });
  });
  return { receiver, heard };
}

const inOrder = (count: number): Heard[] =>
  Array.from({ length: count }, (_, n) => ({ atMs: 100 + n * 20, level: n + 1 }));

t.test('packets are read as written, and nothing else is', async t => {
  const bytes = packet(3, { marker: true, payloadType: 101 });
  t.match(parseRtp(bytes), { marker: true, payloadType: 101, sequence: 65_533, ssrc: 1 });
  for (let length = 0; length < 12; length += 1) t.equal(parseRtp(bytes.subarray(0, length)), undefined);
  const withPadding = Uint8Array.from([...bytes, 0, 0, 0, 4]);
  withPadding[0] = 0xa0;
  t.equal(parseRtp(withPadding)?.payload.length, 160);
  withPadding[withPadding.length - 1] = 255;
  t.equal(parseRtp(withPadding), undefined, 'padding longer than the packet');
  const withExtension = Uint8Array.from([0x90, ...bytes.subarray(1, 12), 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 5]);
  t.same([...parseRtp(withExtension)!.payload], [5]);
  withExtension[15] = 200;
  t.equal(parseRtp(withExtension), undefined, 'extension longer than the packet');
  t.equal(parseRtp(Uint8Array.from([0x80, 200, ...bytes.subarray(2)])), undefined, 'RTCP');
  t.equal(parseRtp(Uint8Array.from([0x40, ...bytes.subarray(1)])), undefined, 'version 1');
});

t.test('order, across the wrap of sequence and timestamp', async t => {
  const { receiver, heard } = listen();
  for (let n = 0; n < 12; n += 1) receiver.receive(packet(n), 100 + n * 20);
  t.same(heard, inOrder(12));
  t.match(receiver.stats, { packets: 12, lost: 0, duplicates: 0, lateGaps: 0, reanchors: 0 });
});

t.test('reordered and doubled packets', async t => {
  const { receiver, heard } = listen();
  for (const n of [0, 2, 1, 1, 3, 2, 5, 4]) receiver.receive(packet(n), 100 + n * 20);
  t.same(heard, inOrder(6));
  t.match(receiver.stats, { lost: 0, duplicates: 2 });
});

t.test('a lost packet leaves its place empty', async t => {
  const { receiver, heard } = listen();
  for (const n of [0, 1, 3, 4]) receiver.receive(packet(n), 100 + n * 20);
  t.equal(heard.length, 2, 'it is waited for');
  receiver.poll(100 + 3 * 20 + 60);
  t.same(
    heard,
    inOrder(5).filter(({ level }) => level !== 3),
  );
  t.equal(receiver.stats.lost, 1);
});

t.test('jitter does not move the sound', async t => {
  const { receiver, heard } = listen();
  for (let n = 0; n < 10; n += 1) receiver.receive(packet(n), 100 + n * 20 + (n === 0 ? 0 : (n * 7) % 15));
  t.same(heard, inOrder(10));
});

t.test('a pause of the sender without a pause in its timestamps is a pause', async t => {
  const { receiver, heard } = listen();
  receiver.receive(packet(0), 100);
  receiver.receive(packet(1), 1120);
  receiver.receive(packet(2), 1140);
  t.same(
    heard.map(({ atMs }) => atMs),
    [100, 1120, 1140],
  );
  t.match(receiver.stats, { lateGaps: 1, longestGapMs: 1020, reanchors: 1 });
});

t.test('what was read late because the reader was busy is no pause of the sender', async t => {
  const { receiver, heard } = listen();
  receiver.receive(packet(0), 100);
  for (let n = 1; n < 15; n += 1) receiver.receive(packet(n), 380 + n / 100, 280);
  t.same(heard, inOrder(15));
  t.match(receiver.stats, { lateGaps: 0, reanchors: 0 });
  receiver.receive(packet(15), 800, 100);
  t.match(receiver.stats, { lateGaps: 1 }, 'but only as far as it was busy');
});

t.test('a new source begins anew', async t => {
  const { receiver, heard } = listen();
  receiver.receive(packet(0), 100);
  receiver.receive(packet(7, { ssrc: 2, sequence: 9, timestamp: 77 }), 300);
  receiver.receive(packet(8, { ssrc: 2, sequence: 10, timestamp: 77 + PACKET_TICKS }), 320);
  t.same(
    heard.map(({ atMs }) => atMs),
    [100, 300, 320],
  );
});

t.test('garbage and foreign payloads are counted and change nothing', async t => {
  const { receiver, heard } = listen();
  let seed = 3;
  for (let n = 0; n < 200; n += 1) {
    const garbage = Uint8Array.from({ length: n % 50 }, () => {
      seed = (seed * 48271) % 2147483647;
      return seed & 0x3f;
    });
    receiver.receive(garbage, 50);
  }
  receiver.receive(packet(0, { payloadType: 111 }), 60);
  receiver.receive(packet(0, { payload: new Uint8Array(0) }), 60);
  for (let n = 0; n < 3; n += 1) receiver.receive(packet(n), 100 + n * 20);
  t.same(heard, inOrder(3));
  t.equal(receiver.stats.ignored, 202);
});

t.test('a flood of jumping sequence numbers holds no memory and ends with the stream', async t => {
  const { receiver, heard } = listen();
  for (let n = 0; n < 5000; n += 1) receiver.receive(packet(0, { sequence: (n * 7919) & 0xffff }), 100);
  const before = heard.length;
  for (let n = 0; n < 3; n += 1) receiver.receive(packet(n, { ssrc: 5 }), 5000 + n * 20);
  t.equal(heard.length, before + 3);
});

t.test('the sender counts on, and keys take the place of audio', async t => {
  const sender = new RtpSender(CODECS.PCMU, frame => frame.fill(500), 101);
  const first = parseRtp(sender.next())!;
  const second = parseRtp(sender.next())!;
  t.ok(first.marker && !second.marker);
  t.equal((second.sequence - first.sequence) & 0xffff, 1);
  t.equal(second.timestamp - first.timestamp, PACKET_TICKS);
  sender.pressKeys('4#');
  const packets = Array.from({ length: 40 }, () => parseRtp(sender.next())!);
  const events = packets.filter(({ payloadType }) => payloadType === 101);
  t.same(new Set(events.map(({ timestamp }) => timestamp)).size, 2, 'one timestamp for each press');
  t.same([...new Set(events.map(({ payload }) => payload[0]))], [4, 11]);
  const ends = events.filter(({ payload }) => (payload[1]! & 0x80) !== 0);
  t.equal(ends.length, 6);
  t.ok(ends.every(({ payload }) => 1280 === payload[2]! * 256 + payload[3]!));
  t.equal(events.filter(({ marker }) => marker).length, 2);
  t.equal(packets.at(-1)!.payloadType, 0);
  t.equal(packets.at(-1)!.timestamp - second.timestamp, 40 * PACKET_TICKS);
});

t.test('a track keeps what it is given in its place', async t => {
  const track = new Track(8000);
  track.write(new Int16Array(160).fill(1), -10);
  track.write(new Int16Array(160).fill(2), 30);
  track.write(new Int16Array(160).fill(3), 51);
  track.write(new Int16Array(160).fill(4), 20);
  t.same([track.pcm[0], track.pcm[79], track.pcm[80], track.pcm[240], track.pcm[400]], [1, 1, 0, 2, 3]);
  t.equal(track.lengthMs, 70, 'a millisecond of slack is closed, and what lies before the end is left out');
  track.write(new Int16Array(160).fill(5), 10 ** 9);
  t.equal(track.lengthMs, 70, 'a time beyond the limit is not kept');
});
