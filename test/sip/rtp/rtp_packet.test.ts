import t from 'tap';
import { formatRtp, parseRtp } from '../../../bench/wire/rtp_packet.ts';
import {
  RtpHeader,
  sequenceDistance,
  timestampDistance,
  writeRtpHeader,
} from '../../../sip/rtp/rtp_packet.ts';
import { createRandom, mutate } from './random.ts';

const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

t.test('a header is written as the wire wants it, and read back', async t => {
  const fields = {
    payloadType: 101,
    marker: true,
    sequence: 65_535,
    timestamp: 4_294_967_295,
    ssrc: 0xdeadbeef,
  };
  const bytes = new Uint8Array(20);
  bytes.set(payload, 12);
  writeRtpHeader(bytes, 101, true, 65_535, 4_294_967_295, 0xdeadbeef);
  t.same(bytes, formatRtp({ ...fields, payload }));
  const header = new RtpHeader();
  t.ok(header.parse(bytes));
  t.match(header, { ...fields, payloadStart: 12, payloadLength: 8 });
});

t.test('contributing sources, extension and padding are passed over', async t => {
  const head = Buffer.from('b280000100000002000000030000000400000005bede000109090909', 'hex');
  const bytes = Uint8Array.from([...head, ...payload, 0, 0, 0, 4]);
  const header = new RtpHeader();
  t.ok(header.parse(bytes));
  t.match(header, { marker: true, payloadType: 0, payloadStart: 28, payloadLength: 8 });
});

t.test('what is no RTP packet is refused', async t => {
  const good = formatRtp({ payloadType: 0, marker: false, sequence: 1, timestamp: 2, ssrc: 3, payload });
  const changed = (at: number, value: number): Uint8Array => Uint8Array.from(good).fill(value, at, at + 1);
  const header = new RtpHeader();
  t.ok(header.parse(good));
  t.notOk(header.parse(new Uint8Array(0)), 'nothing');
  t.notOk(header.parse(good.subarray(0, 11)), 'too short');
  t.notOk(header.parse(changed(0, 0x40)), 'version 1');
  t.notOk(header.parse(changed(0, 0x8f)), 'more sources than bytes');
  t.notOk(header.parse(changed(0, 0x90)), 'extension beyond the end');
  t.notOk(header.parse(Uint8Array.from(changed(0, 0xa0)).fill(0, 19)), 'no padding length');
  t.notOk(header.parse(Uint8Array.from(changed(0, 0xa0)).fill(9, 19)), 'more padding than payload');
  t.notOk(header.parse(changed(1, 200)), 'RTCP');
});

t.test('100,000 mutated packets are read as the plain reader reads them', async t => {
  const random = createRandom(4);
  const header = new RtpHeader();
  let different = 0;
  for (let i = 0; i < 100_000; i += 1) {
    const ssrc = Math.floor(random() * 2 ** 32);
    const seed = formatRtp({
      payloadType: i % 128,
      marker: false,
      sequence: i % 65_536,
      timestamp: ssrc,
      ssrc,
      payload,
    });
    const bytes = mutate(seed, random);
    const expected = parseRtp(bytes);
    const isRead = header.parse(bytes);
    if (isRead !== (expected !== undefined)) different += 1;
    if (!isRead || expected === undefined) continue;
    const isSame =
      header.sequence === expected.sequence &&
      header.timestamp === expected.timestamp &&
      header.ssrc === expected.ssrc &&
      header.marker === expected.marker &&
      header.payloadType === expected.payloadType &&
      header.payloadLength === expected.payload.length &&
      header.payloadStart + header.payloadLength <= bytes.length;
    if (!isSame) different += 1;
  }
  t.equal(different, 0);
});

t.test('distances go around the end of the numbers', async t => {
  t.equal(sequenceDistance(65_535, 2), 3);
  t.equal(sequenceDistance(2, 65_535), -3);
  t.equal(timestampDistance(4_294_967_295, 159), 160);
  t.equal(timestampDistance(159, 4_294_967_295), -160);
});
