import t from 'tap';
import { acceptAnswer } from '../../../sip/sdp/accept.ts';
import { answerOffer } from '../../../sip/sdp/answer.ts';
import type { Direction } from '../../../sip/sdp/description.ts';
import { makeOffer } from '../../../sip/sdp/offer.ts';
import { parseSdp } from '../../../sip/sdp/parse.ts';
import { answered, capabilitiesOf, LOCAL, newSession, offerOf, refusalOf } from './sdp_rig.ts';

t.test('an offer, whole', async t => {
  const { text } = makeOffer(newSession(), capabilitiesOf(['opus', 'G722', 'PCMU']), LOCAL);
  t.same(text.split('\r\n'), [
    'v=0',
    'o=- 4711 1 IN IP4 198.51.100.1',
    's=-',
    'c=IN IP4 198.51.100.1',
    't=0 0',
    'm=audio 30000 RTP/AVP 96 9 0 101 97',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:96 useinbandfec=1',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=rtpmap:97 telephone-event/48000',
    'a=fmtp:97 0-15',
    'a=ptime:20',
    'a=maxptime:60',
    'a=sendrecv',
    '',
  ]);
  const six = { ...LOCAL, addresses: ['2001:db8::1'] as const, rtcpPort: 31000 };
  t.match(
    makeOffer(newSession(), capabilitiesOf(), six).text,
    /\r\nc=IN IP6 2001:db8::1\r\n(.*\r\n)*a=rtcp:31000\r\n/,
  );
});

t.test('an answer, whole; the same in 183 and 200', async t => {
  const first = answered(offerOf('a=ptime:30\nm=image 5000 udptl t38'));
  t.same(first.text.split('\r\n'), [
    'v=0',
    'o=- 4711 1 IN IP4 198.51.100.1',
    's=-',
    'c=IN IP4 198.51.100.1',
    't=0 0',
    'm=audio 30000 RTP/AVP 0 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:30',
    'a=maxptime:60',
    'a=sendrecv',
    'm=image 0 udptl t38',
    '',
  ]);
  t.equal(answered(offerOf('a=ptime:30\nm=image 5000 udptl t38'), undefined, first.session).text, first.text);
});

t.test('our order of codecs decides, theirs does not', async t => {
  const name = (codecs: Parameters<typeof capabilitiesOf>[0]): string =>
    answered(offerOf('', { formats: '0 8 9' }), capabilitiesOf(codecs)).stream.sendCodec.name;
  t.equal(name(['PCMA', 'PCMU']), 'PCMA');
  t.equal(name(['G722', 'PCMU']), 'G722');
  t.equal(
    refusalOf(() => answered(offerOf('', { formats: '0 8' }), capabilitiesOf(['opus']))),
    'noCommonCodec 488 305',
  );
});

t.test('an answer by other numbers: sent by theirs, received by ours', async t => {
  const capabilities = capabilitiesOf(['opus', 'PCMU']);
  const { session } = makeOffer(newSession(), capabilities, LOCAL);
  const answer = `v=0
o=- 9 9 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
m=audio 5000 RTP/AVP 111 0 126
a=rtpmap:111 opus/48000/2
a=rtpmap:126 telephone-event/48000
a=ptime:40
`;
  t.match(acceptAnswer(session, parseSdp(answer), capabilities), {
    remote: { rtp: { address: '192.0.2.1', port: 5000 }, rtcp: { port: 5001 } },
    sendCodec: { name: 'opus' },
    sendPayloadType: 111,
    receive: [
      { payloadType: 96, codec: { name: 'opus' } },
      { payloadType: 0, codec: { name: 'PCMU' } },
    ],
    sendEvents: { payloadType: 126, clockHz: 48000 },
    receiveEvents: [
      { payloadType: 101, clockHz: 8000 },
      { payloadType: 97, clockHz: 48000 },
    ],
    ptimeMs: 40,
    direction: 'sendrecv',
    held: false,
  });
});

t.test('answers that name numbers without saying what they mean', async t => {
  const capabilities = capabilitiesOf(['opus', 'PCMA']);
  const { session } = makeOffer(newSession(), capabilities, LOCAL);
  const bare = 'v=0\no=- 9 9 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 5000 RTP/AVP 96 97\n';
  t.match(acceptAnswer(session, parseSdp(bare), capabilities), {
    sendCodec: { name: 'opus' },
    sendPayloadType: 96,
    sendEvents: { payloadType: 97 },
  });
});

t.test('answers that agree to nothing', async t => {
  const capabilities = capabilitiesOf(['PCMU']);
  const { session } = makeOffer(newSession(), capabilities, LOCAL);
  const take = (text: string): unknown => acceptAnswer(session, parseSdp(text), capabilities);
  t.equal(
    refusalOf(() => take(offerOf('', { port: 0 }))),
    'noAudio 488 304',
  );
  t.equal(
    refusalOf(() => take('v=0\no=- 9 9 IN IP4 192.0.2.1\n')),
    'noAudio 488 304',
  );
  t.equal(
    refusalOf(() => take(offerOf('', { formats: '8 18' }))),
    'noCommonCodec 488 305',
  );
  t.equal(
    refusalOf(() => take(offerOf().replace('RTP/AVP', 'RTP/SAVP'))),
    'encrypted 488 302',
  );
  t.throws(() => acceptAnswer(newSession(), parseSdp(offerOf()), capabilities), TypeError);
});

t.test('hold and resume by the far end, in every style', async t => {
  const cases: [lines: string, address: string, direction: Direction, held: boolean][] = [
    ['', '192.0.2.1', 'sendrecv', false],
    ['a=sendonly', '192.0.2.1', 'recvonly', true],
    ['a=inactive', '192.0.2.1', 'inactive', true],
    ['a=recvonly', '192.0.2.1', 'sendonly', false],
    ['', '0.0.0.0', 'recvonly', true],
    ['a=sendrecv', '0.0.0.0', 'recvonly', true],
    ['a=inactive', '0.0.0.0', 'inactive', true],
    ['a=recvonly', '0.0.0.0', 'inactive', true],
  ];
  let session = newSession();
  for (const [lines, address, direction, held] of cases) {
    const outcome = answered(offerOf(lines, { address }), undefined, session);
    session = outcome.session;
    t.match(outcome.stream, { direction, held }, `${lines} ${address}`);
    t.equal(outcome.stream.remote?.rtp.address, address === '0.0.0.0' ? undefined : address);
    t.match(outcome.text, new RegExp(`a=${direction}\r\n`));
  }
  const deaf = answered(offerOf('c=IN IP6 ::'), undefined, session);
  t.match(deaf.stream, { remote: undefined, direction: 'recvonly' });
  t.match(
    answered(offerOf('a=sendrecv').replace('t=0 0', 'a=sendonly')).stream,
    { held: false },
    'media over session',
  );
  t.match(answered(offerOf().replace('t=0 0', 'a=sendonly')).stream, { held: true }, 'session for all media');
});

t.test('hold and resume by this end', async t => {
  const capabilities = capabilitiesOf(['PCMU']);
  const first = makeOffer(newSession(), capabilities, LOCAL);
  const hold = makeOffer(first.session, capabilities, LOCAL, 'sendonly');
  t.match(hold.text, /o=- 4711 2 (.*\r\n)*a=sendonly\r\n/);
  const held = (lines: string): string =>
    acceptAnswer(hold.session, parseSdp(offerOf(lines)), capabilities).direction;
  t.equal(held('a=recvonly'), 'sendonly');
  t.equal(held('a=inactive'), 'inactive');
  t.equal(held('a=sendrecv'), 'sendonly', 'who does not understand hold is still on hold');
  const heldByThem = ({ session }: typeof hold, lines: string): boolean =>
    acceptAnswer(session, parseSdp(offerOf(lines)), capabilities).held;
  t.equal(heldByThem(hold, 'a=recvonly'), false);
  t.equal(heldByThem(hold, 'a=inactive'), true, 'both hold');
  const mute = makeOffer(first.session, capabilities, LOCAL, 'inactive');
  t.equal(heldByThem(mute, 'a=inactive'), false, 'silence that we asked for');
  t.equal(heldByThem(first, 'a=sendonly'), true);
  const resume = makeOffer(hold.session, capabilities, LOCAL);
  t.match(resume.text, /o=- 4711 3 (.*\r\n)*a=sendrecv\r\n/);
  t.match(answered(offerOf(), undefined, undefined, 'sendonly').stream, {
    direction: 'sendonly',
    held: false,
  });
  t.match(answered(offerOf('a=sendonly'), undefined, undefined, 'sendonly').stream, {
    direction: 'inactive',
  });
});

t.test('the version counts changes, not repetitions', async t => {
  const versionOf = (text: string): string | undefined => /^o=- 4711 (\d+)/m.exec(text)?.[1];
  const capabilities = capabilitiesOf(['PCMU']);
  const first = makeOffer(newSession(), capabilities, LOCAL);
  const again = makeOffer(first.session, capabilities, LOCAL);
  t.same([versionOf(first.text), versionOf(again.text)], ['1', '1'], 'a session refresh');
  const moved = makeOffer(again.session, capabilities, { ...LOCAL, rtpPort: 30002, rtcpPort: 30003 });
  t.equal(versionOf(moved.text), '2');
  t.equal(versionOf(answered(offerOf(), capabilities, moved.session).text), '3', 'answers count too');
  t.equal(
    versionOf(makeOffer(first.session, capabilities, LOCAL, 'inactive').text),
    '2',
    'a refused offer was not said',
  );
});

t.test('a session is plain data and goes on where it is carried to', async t => {
  const capabilities = capabilitiesOf(['opus', 'PCMU']);
  const { session } = answered(offerOf('a=rtpmap:96 OPUS/48000/2', { formats: '96 101' }), capabilities);
  const carried = JSON.parse(JSON.stringify(session)) as typeof session;
  const next = makeOffer(carried, capabilities, LOCAL, 'inactive');
  t.equal(next.text, makeOffer(session, capabilities, LOCAL, 'inactive').text);
  t.match(next.text, /o=- 4711 2 (.*\r\n)*m=audio 30000 RTP\/AVP 96 0 101 97\r\n/);
  const same = answered(offerOf('a=rtpmap:96 OPUS/48000/2', { formats: '96 101' }), capabilities, carried);
  t.match(same.text, /o=- 4711 1 /, 'nothing changed by the way');
});

t.test('codecs change in a re-offer, numbers never change their meaning', async t => {
  const opening = answered(
    offerOf('a=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000\nm=video 6000 RTP/AVP 97', {
      formats: '96 0 101',
    }),
    capabilitiesOf(['opus']),
  );
  t.match(opening.stream, { sendPayloadType: 96, sendEvents: { payloadType: 101 } });
  const ours = makeOffer(opening.session, capabilitiesOf(['PCMU', 'opus']), LOCAL);
  t.match(ours.text, /\r\nm=audio 30000 RTP\/AVP 0 96 101 97\r\n(.*\r\n)*m=video 0 RTP\/AVP 97\r\n$/);
  const back = makeOffer(ours.session, capabilitiesOf(['PCMA']), LOCAL);
  const third = makeOffer(back.session, capabilitiesOf(['opus']), LOCAL);
  t.match(third.text, /\r\nm=audio 30000 RTP\/AVP 96 97\r\n/, 'opus has its number again');
  const theirs = answered(offerOf('', { formats: '8' }), capabilitiesOf(['opus', 'PCMA']), opening.session);
  t.match(theirs.stream, { sendCodec: { name: 'PCMA' }, sendEvents: undefined });
});

t.test('numbers taken by the far end for other things are not given out', async t => {
  const opening = answered(
    offerOf('a=rtpmap:97 opus/48000/2\na=rtpmap:98 telephone-event/48000', { formats: '97 98' }).replace(
      'a=rtpmap:101 telephone-event/8000\n',
      'a=rtpmap:101 speex/8000\n',
    ),
    capabilitiesOf(['opus']),
  );
  const next = makeOffer(opening.session, capabilitiesOf(['opus', 'PCMU']), LOCAL);
  t.match(next.text, /\r\nm=audio 30000 RTP\/AVP 97 0 101 98\r\n/);
});

t.test('the stream of the call stays when another is put before it', async t => {
  const opening = answered(offerOf('m=audio 6000 RTP/AVP 8', { port: 0 }));
  t.match(opening.stream, { remote: { rtp: { port: 6000 } } });
  const later = answered(offerOf('m=audio 6000 RTP/AVP 8'), undefined, opening.session);
  t.match(later.stream, { remote: { rtp: { port: 6000 } } });
  t.match(makeOffer(later.session, capabilitiesOf(), LOCAL).text, /m=audio 0 RTP\/AVP 0\r\nm=audio 30000 /);
});

t.test('of several streams the first usable one is taken, else the first problem told', async t => {
  const mixed = offerOf('m=audio 6000 RTP/AVP 0').replace('4000 RTP/AVP', '4000 RTP/SAVP');
  t.match(answered(mixed).stream, { remote: { rtp: { port: 6000 } } });
  t.equal(
    refusalOf(() => answered(offerOf('m=audio 6000 RTP/AVP 18', { formats: '3' }))),
    'noCommonCodec 488 305',
  );
  t.equal(
    refusalOf(() => answered(offerOf('', { port: 0 }))),
    'noAudio 488 304',
  );
  t.equal(
    refusalOf(() => answered(offerOf().replace('m=audio', 'm=video'))),
    'noAudio 488 304',
  );
  t.equal(
    refusalOf(() => answered(offerOf().replace('RTP/AVP', 'TCP/RTP/AVP'))),
    'transport 488 302',
  );
  t.equal(
    refusalOf(() => answered(offerOf().replace('4000', '4000/2'))),
    'transport 488 302',
  );
});

t.test('crypto lines beside plain RTP are read over', async t => {
  t.match(answered(offerOf('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD')).text, /RTP\/AVP 0 101/);
  t.notMatch(answered(offerOf('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD')).text, /crypto/);
});

t.test('addresses that no packet can be sent to', async t => {
  const reason = (address: string): unknown => {
    try {
      return answered(offerOf('', { address })).stream.remote?.rtp.address;
    } catch (error) {
      return (error as { reason?: unknown }).reason;
    }
  };
  t.equal(reason('phone.example.com'), 'address');
  t.equal(reason('224.2.1.1/127'), 'address');
  t.equal(reason('239.1.1.1'), 'address');
  t.equal(reason('255.255.255.255'), 'address');
  t.equal(reason('192.0.2.300'), 'address');
  t.equal(reason('2001:db8::2'), 'contradiction');
  t.equal(
    refusalOf(() => answered(offerOf('c=IN IP6 fe80::1%eth0'))),
    'address 488 301',
  );
  t.equal(
    refusalOf(() => answered(offerOf('c=IN IP6 ff02::1'))),
    'address 488 301',
  );
  t.equal(
    refusalOf(() => answered(offerOf().replace(/c=.*\n/, ''))),
    'malformed 400 399',
  );
});

t.test('a far end of the other family', async t => {
  const six = parseSdp(offerOf('c=IN IP6 2001:db8::2'));
  const only = { ...LOCAL, addresses: ['198.51.100.1'] as const };
  t.equal(
    refusalOf(() => answerOffer(newSession(), six, capabilitiesOf(), only)),
    'address 488 301',
  );
  t.match(answerOffer(newSession(), six, capabilitiesOf(), LOCAL).text, /c=IN IP6 2001:db8::1/);
  const { session } = answerOffer(newSession(), six, capabilitiesOf(), LOCAL);
  t.match(makeOffer(session, capabilitiesOf(), LOCAL).text, /c=IN IP6 2001:db8::1/, 'and stays with it');
  const hold = answerOffer(session, parseSdp(offerOf('', { address: '0.0.0.0' })), capabilitiesOf(), LOCAL);
  t.match(hold.text, /c=IN IP6 2001:db8::1/, 'on hold, too');
  const deaf = parseSdp(offerOf('c=IN IP6 ::'));
  t.match(answerOffer(newSession(), deaf, capabilitiesOf(), only).text, /c=IN IP4 198/);
});

t.test('where RTCP goes', async t => {
  const rtcp = (lines: string, port = 4000): unknown =>
    answered(offerOf(lines, { port })).stream.remote?.rtcp;
  t.same(rtcp(''), { address: '192.0.2.1', port: 4001 });
  t.same(rtcp('a=rtcp:5005'), { address: '192.0.2.1', port: 5005 });
  t.same(rtcp('a=rtcp:5005 IN IP4 192.0.2.7'), { address: '192.0.2.7', port: 5005 });
  t.same(rtcp('a=rtcp:5005 IN IP4 0.0.0.0'), { address: '192.0.2.1', port: 5005 });
  t.same(rtcp('a=rtcp:5005 IN IP4 224.0.0.1'), { address: '192.0.2.1', port: 5005 });
  t.same(rtcp('a=rtcp-mux\na=rtcp:4000'), { address: '192.0.2.1', port: 4001 }, 'mux is not answered');
  t.notMatch(answered(offerOf('a=rtcp-mux')).text, /mux/);
  t.equal(rtcp('', 65535), undefined);
});

t.test('how much audio a packet takes', async t => {
  const ptime = (lines: string): number => answered(offerOf(lines)).stream.ptimeMs;
  t.equal(ptime(''), 20);
  t.equal(ptime('a=ptime:30'), 30);
  t.equal(ptime('a=ptime:35'), 30);
  t.equal(ptime('a=ptime:5'), 10);
  t.equal(ptime('a=ptime:200'), 60);
  t.equal(ptime('a=maxptime:10'), 10);
  t.equal(ptime('a=ptime:40\na=maxptime:30'), 30);
});

t.test('formats whose meaning is doubtful', async t => {
  const number = (lines: string, formats: string): unknown => {
    try {
      return answered(offerOf(lines, { formats })).stream.sendPayloadType;
    } catch (error) {
      return (error as { reason?: unknown }).reason;
    }
  };
  t.equal(number('', '0'), 0, 'static numbers need no rtpmap');
  t.equal(number('a=rtpmap:0 PCMA/8000', '0'), 'noCommonCodec', 'which of the two it is nobody knows');
  t.equal(number('a=rtpmap:0 PCMU/16000', '0'), 'noCommonCodec');
  t.equal(number('a=rtpmap:0 PCMU/8000/2', '0'), 'noCommonCodec');
  t.equal(number('a=rtpmap:9 G722/16000', '9'), 9, 'a known mistake');
  t.equal(number('a=rtpmap:120 pcmu/8000/1', '120'), 120);
  t.equal(number('', '96'), 'noCommonCodec');
  t.equal(number('', '128 256 1e1 *'), 'noCommonCodec');
});

t.test('telephone events', async t => {
  const events = (lines: string, formats = '0 101 102', codecs = capabilitiesOf(['PCMU'])): unknown =>
    answered(offerOf(lines, { formats }), codecs).stream.sendEvents;
  t.same(events(''), { payloadType: 101, clockHz: 8000 });
  t.same(events('a=rtpmap:102 telephone-event/16000', '0 102'), { payloadType: 102, clockHz: 16000 });
  t.same(events('a=rtpmap:102 telephone-event/16000', '0 102 101'), { payloadType: 101, clockHz: 8000 });
  t.equal(events('a=rtpmap:102 telephone-event/44100', '0 102'), undefined);
  t.same(events('a=fmtp:101 0-11'), { payloadType: 101, clockHz: 8000 });
  t.same(events('a=fmtp:101 0,1,2,3,4,5,6,7,8,9,10,11,16'), { payloadType: 101, clockHz: 8000 });
  t.equal(events('a=fmtp:101 32-36'), undefined, 'fax tones are no keys');
  t.same(events('a=fmtp:101 nonsense'), { payloadType: 101, clockHz: 8000 });
  t.equal(events('', '0'), undefined);
});
