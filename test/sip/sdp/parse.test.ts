import t from 'tap';
import { readSdpBody } from '../../../sip/sdp/body.ts';
import { SDP_LIMITS } from '../../../sip/sdp/limits.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { type SdpReason, SdpRejection } from '../../../sip/sdp/rejection.ts';
import { offerOf } from './sdp_rig.ts';

function reasonOf(text: string): SdpReason | undefined {
  try {
    parseSdp(text);
  } catch (error) {
    if (error instanceof SdpRejection) return error.reason;
    throw error;
  }
  return undefined;
}

t.test('the example of RFC 8866 §5', async t => {
  const example = `v=0
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
s=Call to John Smith
i=SDP Offer #1
u=http://www.jdoe.example.com/home.html
e=Jane Doe <jane@jdoe.example.com>
p=+1 617 555-6011
c=IN IP4 198.51.100.1
t=0 0
m=audio 49170 RTP/AVP 0
m=audio 49180 RTP/AVP 0
m=video 51372 RTP/AVP 99
c=IN IP6 2001:db8::2
a=rtpmap:99 h263-1998/90000
`;
  t.match(parseSdp(example), {
    origin: { username: 'jdoe', sessionId: '3724394400', sessionVersion: '3724394405' },
    connection: { family: 4, address: '198.51.100.1' },
    direction: undefined,
    media: [
      {
        type: 'audio',
        port: 49170,
        portCount: 1,
        protocol: 'RTP/AVP',
        formats: ['0'],
        connection: undefined,
      },
      { type: 'audio', port: 49180 },
      {
        type: 'video',
        formats: ['99'],
        connection: { family: 6, address: '2001:db8::2' },
        rtpmaps: [{ payloadType: 99, encoding: 'h263-1998', clockHz: 90000, channels: 1 }],
      },
    ],
  });
});

t.test('what media lines and attributes say', async t => {
  const text = offerOf(
    'a=ptime:30\na=maxptime:60\na=rtcp:4005 IN IP4 192.0.2.9\na=recvonly\na=fmtp:101 0-11,16\nm=audio 9/2 RTP/AVP 0',
  );
  const [audio, layered] = parseSdp(text).media;
  t.match(audio, {
    direction: 'recvonly',
    ptimeMs: 30,
    maxPtimeMs: 60,
    rtcp: { port: 4005, connection: { family: 4, address: '192.0.2.9' } },
    fmtp: { 101: '0-11,16' },
  });
  t.match(layered, { port: 9, portCount: 2 });
});

t.test('line ends of any kind, empty lines, missing s= and t=', async t => {
  const text = offerOf();
  for (const variant of [
    text.replaceAll('\n', '\r\n'),
    text.replaceAll('\n', '\r'),
    text.trimEnd(),
    text.replace('m=', '\n \nm='),
    text.replace('s=-\n', '').replace('t=0 0\n', ''),
    text.replace('o=- 1 1', 'o=Jane Doe 18446744073709551615999 x1'),
  ])
    t.equal(parseSdp(variant).media[0]?.port, 4000, JSON.stringify(variant));
});

t.test('nonsense that only tunes the media counts as not said', async t => {
  const [audio] = parseSdp(
    offerOf('a=ptime:-5\na=maxptime:0\na=rtcp:0\na=rtpmap:\na=rtpmap:x y/z\na=fmtp:7\na=\na=:\na=ptime'),
  ).media;
  t.match(audio, { ptimeMs: undefined, maxPtimeMs: undefined, rtcp: undefined, fmtp: {} });
  t.equal(audio?.rtpmaps.length, 1);
});

t.test('what is not SDP is malformed', async t => {
  for (const text of [
    '',
    'garbage',
    '\u0000',
    '{"v":0}',
    'v=0',
    'v=1\no=- 1 1 IN IP4 192.0.2.1',
    'o=- 1 1 IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 0',
    'v=0\no=- 1\n',
    `${offerOf()}\nX=1`,
    `${offerOf()}\n m=audio 1 RTP/AVP 0`,
    `${offerOf()}\na=x\u0007y`,
    offerOf('', { port: 65536 }),
    offerOf('', { port: -1 }),
    offerOf('', { formats: '' }),
    offerOf('', { formats: '0 <script>' }),
    offerOf('', { address: '' }),
    offerOf().replace('c=IN IP4', 'c=IN IP5'),
    offerOf().replace('RTP/AVP', 'RTP/AVP\u00a0'),
  ])
    t.equal(reasonOf(text), 'malformed', JSON.stringify(text));
});

t.test('limits', async t => {
  t.equal(reasonOf(offerOf(`a=x:${'y'.repeat(SDP_LIMITS.lineCharacters)}`)), 'malformed');
  t.equal(reasonOf(offerOf('a=x\n'.repeat(SDP_LIMITS.lines))), 'malformed');
  t.equal(reasonOf(offerOf(`a=${'x'.repeat(2000)}\n`.repeat(17))), 'malformed');
  t.equal(reasonOf(offerOf('m=video 0 RTP/AVP 9\n'.repeat(SDP_LIMITS.media))), 'malformed');
  t.equal(reasonOf(offerOf('m=video 0 RTP/AVP 9\n'.repeat(SDP_LIMITS.media - 1))), undefined);
  t.equal(reasonOf(offerOf('', { formats: '0 '.repeat(65) })), 'malformed');
});

t.test('lines that contradict each other', async t => {
  for (const lines of [
    'a=sendonly\na=recvonly',
    'c=IN IP4 192.0.2.2\nc=IN IP4 192.0.2.3',
    'a=rtpmap:101 PCMU/8000',
    `v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0`,
    'o=- 2 2 IN IP4 192.0.2.1',
  ])
    t.equal(reasonOf(offerOf(lines)), 'contradiction', lines);
  for (const lines of [
    'a=sendonly\na=sendonly',
    'c=IN IP4 192.0.2.2\nc=IN IP4 192.0.2.2',
    'a=rtpmap:101 telephone-event/8000',
  ])
    t.equal(reasonOf(offerOf(lines)), undefined, lines);
});

t.test('bodies of messages', async t => {
  const body = Buffer.from(offerOf());
  const read = (contentType: string | undefined, bytes: Uint8Array = body): unknown => {
    try {
      return readSdpBody({ contentType, body: bytes })?.media.length;
    } catch (error) {
      return error instanceof SdpRejection ? [error.reason, error.status] : error;
    }
  };
  t.equal(read('application/sdp'), 1);
  t.equal(read(' Application/SDP ; charset=utf-8'), 1);
  t.equal(read(undefined, Buffer.alloc(0)), undefined, 'no body, no offer');
  t.same(read('text/plain'), ['contentType', 415]);
  t.same(read(undefined), ['contentType', 415]);
  t.same(read('application/sdp', Buffer.from([0x76, 0x3d, 0xff])), ['malformed', 400]);
  const latin = Buffer.from(offerOf().replace('s=-', 's=Zürich'), 'latin1');
  t.equal(read('application/sdp', latin), 1, 'a name in Latin-1');
});
