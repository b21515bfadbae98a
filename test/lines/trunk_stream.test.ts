import t from 'tap';
import { CODECS } from '../../sip/sdp/codec.ts';
import { rateOf, trunkStreamOf } from '../../src/lines/trunk_stream.ts';

t.test('what the edge agreed on, in plain JSON', async t => {
  const events = { payloadType: 101, clockHz: 8000 };
  const endpoint = { address: '192.0.2.1', port: 4_000 };
  const agreed = {
    remote: { rtp: endpoint, rtcp: { address: '192.0.2.1', port: 4_010 } },
    direction: 'recvonly',
    held: true,
    sendCodec: CODECS.G722,
    sendPayloadType: 9,
    receive: [
      { payloadType: 9, codec: CODECS.G722 },
      { payloadType: 8, codec: CODECS.PCMA },
    ],
    sendEvents: undefined,
    receiveEvents: [events],
    ptimeMs: 30,
  } as const;
  const stream = trunkStreamOf(agreed);
  t.same(JSON.parse(JSON.stringify(stream)), stream);
  t.same(stream, {
    remote: { host: '192.0.2.1', rtpPort: 4_000, rtcpPort: 4_010 },
    sends: false,
    receives: true,
    held: true,
    codec: 'G722',
    sendPayloadType: 9,
    receive: [
      { payloadType: 9, codec: 'G722' },
      { payloadType: 8, codec: 'PCMA' },
    ],
    sendEvents: null,
    receiveEvents: [events],
    ptimeMs: 30,
  });
  t.equal(rateOf(stream), 16_000);
  t.equal(rateOf({ ...stream, codec: 'PCMA' }), 8000);
  t.equal(rateOf(null), 8000);
  const elsewhere = { rtp: endpoint, rtcp: { address: '192.0.2.2', port: 4_001 } };
  t.equal(trunkStreamOf({ ...agreed, remote: elsewhere }).remote?.rtcpPort, null);
  t.equal(trunkStreamOf({ ...agreed, remote: undefined }).remote, null);
  const v6 = { rtp: { address: '2001:DB8:0:0::0001', port: 4_000 }, rtcp: undefined };
  t.same(trunkStreamOf({ ...agreed, remote: v6 }).remote, {
    host: '2001:db8::1',
    rtpPort: 4_000,
    rtcpPort: null,
  });
  t.throws(() => trunkStreamOf({ ...agreed, sendCodec: CODECS.opus }), RangeError);
});
