import t from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { findClicks } from '../../bench/load/clicks.ts';
import { encodeAudio } from '../../bench/load/encoded_audio.ts';
import { Histogram } from '../../bench/load/histogram.ts';
import { IncomingStream } from '../../bench/load/incoming_stream.ts';
import { driftOf, findReturns, marker } from '../../bench/load/marker.ts';
import { OutgoingStream } from '../../bench/load/outgoing_stream.ts';
import { babble, mixed, noise, silence, tone } from '../../bench/load/sounds.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { decodeMuLaw } from '../../bench/wire/g711.ts';
import {
  ImpairedPath,
  type Impairment,
  parseImpairment,
  UNIMPAIRED,
} from '../../bench/wire/impaired_path.ts';
import { findSounds } from '../../bench/wire/onset.ts';
import { formatRtp, parseRtp, type RtpPacket } from '../../bench/wire/rtp_packet.ts';
import { Track } from '../../bench/wire/track.ts';

const RATE_HZ = 8000;
const PCMU = CODECS.PCMU;
const IDLE = encodeAudio(silence(20, RATE_HZ), PCMU);

function outgoing({ takesKeys = true } = {}): OutgoingStream {
  return new OutgoingStream({
    idle: IDLE,
    eventPayloadType: takesKeys ? 101 : undefined,
    ssrc: 0xfedcba98,
    sequence: 65_534,
    timestamp: 0xffff_ff80,
  });
}

function take(stream: OutgoingStream, packets: number): RtpPacket[] {
  return Array.from({ length: packets }, () => parseRtp(Uint8Array.from(stream.next()))!);
}

t.test('packets count on across the wrap, and say what they are told to', async t => {
  const stream = outgoing();
  stream.say(encodeAudio(tone(50, RATE_HZ, 400, -10), PCMU));
  const packets = take(stream, 5);
  t.same(
    packets.map(({ sequence }) => sequence),
    [65_534, 65_535, 0, 1, 2],
  );
  t.same(
    packets.map(({ timestamp }) => timestamp),
    [0xffff_ff80, 0x20, 0xc0, 0x160, 0x200],
  );
  t.same(
    packets.map(({ marker: isFirst }) => isFirst),
    [true, false, false, false, false],
  );
  t.ok(packets.every(({ ssrc, payload }) => ssrc === 0xfedcba98 && payload.length === 160));
  const isLoud = packets.map(({ payload }) => decodeMuLaw(payload).some(sample => Math.abs(sample) > 1000));
  t.same(isLoud, [true, true, true, false, false], 'the last one is filled up with silence');
  stream.skip(3);
  const [resumed] = take(stream, 1);
  t.match(resumed, { marker: true, sequence: 3, timestamp: 0x2a0 + 3 * 160 });
});

t.test('keys take the place of audio, under one timestamp each', async t => {
  const stream = outgoing();
  t.ok(stream.press('7#'));
  const packets = take(stream, 40);
  const events = packets.filter(({ payloadType }) => payloadType === 101);
  t.same([...new Set(events.map(({ payload }) => payload[0]))], [7, 11]);
  t.equal(new Set(events.map(({ timestamp }) => timestamp)).size, 2);
  t.equal(events.filter(({ payload }) => (payload[1]! & 0x80) !== 0).length, 6, 'each end three times');
  t.equal(packets.at(-1)!.timestamp, (0xffff_ff80 + 39 * 160) % 2 ** 32);
  t.notOk(outgoing({ takesKeys: false }).press('1'), 'a far end without telephone events takes none');
});

const GOOD: Partial<RtpPacket> = { payloadType: 0, ssrc: 7 };

/** The n-th packet of a stream that begins just before its numbers wrap. */
function packet(n: number, changes: Partial<RtpPacket> = {}): Uint8Array {
  return formatRtp({
    payloadType: 0,
    marker: false,
    sequence: (65_530 + n) & 0xffff,
    timestamp: (0xffff_ff00 + n * 160) >>> 0,
    ssrc: 7,
    payload: new Uint8Array(160).fill(0xff),
    ...changes,
  });
}

function listening(): { stream: IncomingStream; placesMs: number[] } {
  const placesMs: number[] = [];
  const stream = new IncomingStream(0, 101, (_datagram, start, end, atMs) => {
    if (start === 12 && end === 172) placesMs.push(Math.round(atMs));
  });
  stream.expect(true, 1000);
  return { stream, placesMs };
}

t.test('losses, repetitions, reordering and gaps are told apart', async t => {
  const { stream, placesMs } = listening();
  for (const n of [0, 1, 2, 4, 3, 5, 5, 8]) stream.receive(packet(n), 1000 + n * 20);
  stream.receive(packet(14), 1000 + 14 * 20);
  const reception = stream.reception();
  t.match(reception, { packets: 9, lost: 7, duplicates: 1, reordered: 1, restarts: 0, ignored: 0 });
  t.match(reception, { gapCount: 1, longestGapMs: 120 }, 'the missing 60 ms are none yet');
  t.same(reception.gaps, [{ atMs: 1160, lengthMs: 120 }]);
  t.same(
    placesMs,
    [0, 1, 2, 4, 5, 8, 14].map(n => 1000 + n * 20),
    'places follow the timestamps; what comes too late is not heard',
  );
});

t.test('jitter moves no sound; what is too late for a jitter buffer is counted', async t => {
  const { stream, placesMs } = listening();
  for (let n = 0; n < 60; n += 1) {
    const delayMs = n === 30 ? 70 : n % 3 === 0 ? 0 : 12;
    stream.receive(packet(n), 1000 + n * 20 + delayMs);
  }
  t.same(
    placesMs,
    Array.from({ length: 60 }, (_, n) => 1000 + n * 20),
  );
  const { late, jitterMs } = stream.reception();
  t.equal(late, 1);
  t.ok(jitterMs > 5 && jitterMs < 14, `jitter ${jitterMs}`);
});

t.test('held calls have no gaps; a far end that never sends has one', async t => {
  const { stream } = listening();
  for (let n = 0; n < 5; n += 1) stream.receive(packet(n), 1000 + n * 20);
  stream.expect(false, 1100);
  stream.expect(true, 9000);
  for (let n = 5; n < 9; n += 1) stream.receive(packet(n), 9000 + (n - 5) * 20);
  stream.finish(9070);
  t.equal(stream.reception().gapCount, 0);
  const deaf = listening().stream;
  deaf.finish(6000);
  t.match(deaf.reception(), { packets: 0, gapCount: 1, longestGapMs: 5000, lost: 0 });
});

t.test('a sender whose clock is fast shows as skew', async t => {
  const { stream } = listening();
  for (let n = 0; n < 1500; n += 1) {
    const sentMs = (n * 20) / 1.0002;
    stream.receive(packet(n), 1000 + sentMs + ((n * 7) % 5));
  }
  const { skewPpm = 0, lost } = stream.reception();
  t.ok(Math.abs(skewPpm - 200) < 15, `${skewPpm} ppm`);
  t.equal(lost, 0);
});

t.test('garbage, other payload types and new sources', async t => {
  const { stream, placesMs } = listening();
  const random = new SeededRandom(5, 'garbage');
  for (let n = 0; n < 300; n += 1)
    stream.receive(
      Uint8Array.from({ length: n % 60 }, () => random.integer(0, 127)),
      1000,
    );
  stream.receive(packet(0, { payloadType: 111 }), 1000);
  stream.receive(packet(0, { payload: new Uint8Array(0) }), 1000);
  const padded = packet(0);
  padded[0] = 0xa0;
  padded[171] = 255;
  stream.receive(padded, 1000);
  t.match(stream.reception(), { packets: 0, ignored: 303 });
  for (const n of [0, 1, 3]) stream.receive(packet(n, GOOD), 1000 + n * 20);
  for (const n of [500, 501]) stream.receive(packet(n, { ssrc: 9 }), 1100 + (n - 500) * 20);
  t.match(stream.reception(), { packets: 5, lost: 1, restarts: 1 });
  t.same(placesMs, [1000, 1020, 1060, 1100, 1120]);
});

interface Passed {
  readonly number: number;
  readonly atMs: number;
}

/** Ten seconds of packets through an impaired path, looked after every 2 ms. */
function passThrough(impairment: Partial<Impairment>, seed = 3): { passed: Passed[]; dropped: number } {
  const passed: Passed[] = [];
  const path = new ImpairedPath(
    { ...UNIMPAIRED, ...impairment },
    new SeededRandom(seed, 'path'),
    (bytes, atMs) => passed.push({ number: parseRtp(bytes)!.sequence, atMs }),
  );
  for (let nowMs = 0; nowMs < 10_500; nowMs += 2) {
    if (nowMs % 20 === 0 && nowMs < 10_000) path.pass(packet(0, { sequence: nowMs / 20 }), nowMs);
    path.poll(nowMs);
  }
  return { passed, dropped: path.dropped };
}

const inOrder = (passed: readonly Passed[]): boolean =>
  passed.every(({ number }, i) => i === 0 || number > passed[i - 1]!.number);

t.test('a path does what it is told, the same for the same seed', async t => {
  t.match(passThrough({}), { dropped: 0 });
  t.ok(passThrough({}).passed.every(({ number, atMs }) => atMs === number * 20));

  const lossy = passThrough({ lossPercent: 10 });
  t.ok(lossy.dropped > 25 && lossy.dropped < 80, `${lossy.dropped} of 500`);
  t.same(passThrough({ lossPercent: 10 }), lossy);
  t.notSame(passThrough({ lossPercent: 10 }, 4), lossy);

  const jittery = passThrough({ jitterMs: 60 });
  const delaysMs = jittery.passed.map(({ number, atMs }) => atMs - number * 20);
  t.ok(inOrder(jittery.passed) && jittery.passed.length === 500);
  t.ok(Math.max(...delaysMs) > 40 && Math.max(...delaysMs) <= 62);

  const shuffled = passThrough({ reorderPercent: 3 });
  const late = shuffled.passed.filter(
    ({ number }, i) => i > 0 && number < shuffled.passed[i - 1]!.number,
  ).length;
  t.ok(shuffled.passed.length === 500 && late >= 5 && late <= 30, `${late} came after their successor`);

  const cut = passThrough({ outage: { everyMs: 4000, lengthMs: 200 } });
  t.ok(cut.dropped >= 20 && cut.dropped <= 30, `${cut.dropped} in two or three outages of ten packets`);
});

t.test('a path never holds more than its slots, and loses what would be more', async t => {
  let delivered = 0;
  const path = new ImpairedPath(
    { ...UNIMPAIRED, jitterMs: 1e6 },
    new SeededRandom(1, ''),
    () => (delivered += 1),
  );
  for (let n = 0; n < 100; n += 1) path.pass(packet(n), 0);
  path.poll(1e9);
  t.equal(delivered, 32);
  t.equal(path.dropped, 68);
  path.pass(new Uint8Array(9000), 1e9);
  t.equal(path.dropped, 69, 'larger than a datagram');
});

t.test('a bad network in words', async t => {
  t.same(parseImpairment('loss=5,jitter=60,reorder=3,outage=200/5000'), {
    lossPercent: 5,
    jitterMs: 60,
    reorderPercent: 3,
    outage: { lengthMs: 200, everyMs: 5000 },
  });
  t.same(parseImpairment('loss=0.5'), { ...UNIMPAIRED, lossPercent: 0.5 });
  for (const wrong of [
    '',
    'loss',
    'loss=-1',
    'loss=101',
    'loss=x',
    'delay=5',
    'outage=200',
    'jitter=1e9',
    'loss=1,,',
  ])
    t.throws(() => parseImpairment(wrong), /loss=PERCENT/, wrong);
});

t.test('markers come back through noise, codecs and delay', async t => {
  const random = new SeededRandom(2, 'markers');
  const heard = new Track(RATE_HZ);
  const sentMs = [500, 3500, 6500, 9500];
  const delaysMs = [80, 80.5, 81, 81.5];
  const pcm = noise(12_000, RATE_HZ, -30, random);
  for (const [i, atMs] of sentMs.entries()) {
    const at = Math.round(((atMs + delaysMs[i]!) * RATE_HZ) / 1000);
    pcm.set(mixed(marker(RATE_HZ), pcm.subarray(at)), at);
  }
  heard.write(decodeMuLaw(PCMU.createEncoder()(pcm)), 0);
  const returns = findReturns([...sentMs, 11_000], heard);
  t.same(
    returns.map(({ sentMs: atMs }) => atMs),
    sentMs,
    'what was not sent is not found',
  );
  for (const [i, { delayMs }] of returns.entries())
    t.ok(Math.abs(delayMs - delaysMs[i]!) < 0.1, `${delayMs}`);
  const drift = driftOf(returns, 5)!;
  t.match(drift, { returned: 4, missing: 1 });
  t.ok(Math.abs(drift.driftMs - 1.5) < 0.1 && Math.abs(drift.driftPpm! - 167) < 15, `${drift.driftPpm} ppm`);
  t.equal(driftOf([], 3), undefined);
});

t.test('markers are not found in what merely sounds', async t => {
  const random = new SeededRandom(8, 'speech');
  const heard = new Track(RATE_HZ);
  heard.write(mixed(babble(3000, RATE_HZ, -15, random), tone(20, RATE_HZ, 1600, -12)), 0);
  t.same(findReturns([100, 900], heard), []);
});

t.test('clicks: jumps in a tone, and none in a tone, in speech or in silence', async t => {
  const clean = tone(2000, RATE_HZ, 400, -18);
  const random = new SeededRandom(4, 'clicks');
  t.same(findClicks(decodeMuLaw(PCMU.createEncoder()(clean)), RATE_HZ), []);
  t.same(findClicks(silence(1000, RATE_HZ), RATE_HZ), []);
  t.same(findClicks(babble(3000, RATE_HZ, -18, random), RATE_HZ), []);
  const jumping = Int16Array.from(clean, (_, i) => clean[i + (i < 8003 ? 0 : 10)] ?? 0);
  const [at, ...more] = findClicks(jumping.subarray(0, 15_900), RATE_HZ);
  t.ok(at !== undefined && Math.abs(at - 1000) <= 1, `found at ${at} ms`);
  t.same(more, []);
  const dropped = clean.slice().fill(0, 4003, 4163);
  t.ok(findClicks(dropped, RATE_HZ).length >= 1, 'a packet that is missing');
});

t.test('sounds have the level and the length that they are made with', async t => {
  const random = new SeededRandom(6, 'sounds');
  for (const pcm of [
    tone(500, RATE_HZ, 440, -20),
    noise(500, RATE_HZ, -20, random),
    babble(500, RATE_HZ, -20, random),
  ]) {
    t.equal(pcm.length, 4000);
    const power = pcm.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / pcm.length;
    t.ok(Math.abs(10 * Math.log10(power) + 20) < 0.5);
  }
  const spoken = silence(1300, RATE_HZ);
  spoken.set(babble(600, RATE_HZ, -18, random), 300 * (RATE_HZ / 1000));
  const [sound, ...others] = findSounds(spoken, { rateHz: RATE_HZ, hangMs: 200 });
  t.same(others, []);
  t.ok(Math.abs(sound!.startMs - 300) < 30 && Math.abs(sound!.endMs! - 900) < 40);
});

t.test('percentiles', async t => {
  const histogram = new Histogram();
  t.equal(histogram.percentileMs(0.99), 0);
  for (let i = 1; i <= 1000; i += 1) histogram.add(i / 10);
  t.ok(Math.abs(histogram.percentileMs(0.5) - 50) < 0.2 && Math.abs(histogram.percentileMs(0.99) - 99) < 0.2);
  histogram.add(1e9);
  t.equal(histogram.maxMs, 1e9);
  histogram.reset();
  t.match({ count: histogram.count, max: histogram.maxMs }, { count: 0, max: 0 });
});
