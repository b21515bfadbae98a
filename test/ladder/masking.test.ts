import t from 'tap';
import { SIP_LIMITS } from '../../sip/limits.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import { maskField } from '../../src/ladder/mask/header_fields.ts';
import { MessageMasker } from '../../src/ladder/mask/message.ts';
import { Pseudonyms } from '../../src/ladder/mask/pseudonyms.ts';
import { maskRtcp } from '../../src/ladder/mask/rtcp.ts';
import { captureLadder } from '../../src/ladder/show/capture.ts';
import { drawLadder } from '../../src/ladder/show/picture.ts';
import { writeLadder } from '../../src/ladder/show/text.ts';
import { viewLadder } from '../../src/ladder/show/view.ts';
import { mutations } from '../sip/message/mutate.ts';
import { TORTURE } from '../sip/message/torture_files.ts';
import { SECRETS, STEPS, wire, wireCall } from './wire_call.ts';

function mask(bytes: Buffer, isCut = false): string {
  return new MessageMasker().mask(bytes, isCut);
}

/** The masked form of a message with this body. */
function maskedBody(type: string, body: string, ...more: string[]): string {
  const masked = mask(wire(['INFO sip:a@b SIP/2.0', `Content-Type: ${type}`, ...more], body));
  const [head = '', ...rest] = masked.split('\r\n\r\n');
  const said = rest.join('\r\n\r\n');
  t.match(head, `Content-Length: ${Buffer.byteLength(said)}`, 'the length is that of the masked body');
  return said;
}

function field(key: string, value: string): string {
  return maskField(key, value, new Pseudonyms());
}

t.test('nothing secret or personal is left, in any form of the ladder', async t => {
  const ladder = wireCall();
  const view = viewLadder(ladder);
  const forms: Record<string, string> = {
    entries: JSON.stringify(ladder),
    reports: ladder.map(entry => (entry.kind === 'rtcp' ? Buffer.from(entry.bytes, 'base64') : '')).join(),
    text: writeLadder(view),
    picture: drawLadder(view),
    capture: captureLadder(ladder).toString('latin1'),
  };
  for (const [form, said] of Object.entries(forms)) {
    const plain = said.toLowerCase();
    const digits = said.replace(/[-. ()]/g, '');
    for (const [name, secret] of Object.entries(SECRETS))
      t.notOk(plain.includes(secret.toLowerCase()) || digits.includes(secret), `${form}: ${name}`);
    t.notMatch(said, /Signal=\d/, `${form}: the key pressed`);
  }
});

t.test('masked messages have the structure of what was sent', async t => {
  const masked = wireCall().flatMap(entry => (entry.kind === 'sip' ? [entry.text] : []));
  const sent = STEPS.flatMap(([, , bytes]) => (bytes instanceof Buffer ? [bytes] : []));
  t.equal(masked.length, sent.length);
  for (const [at, text] of masked.entries()) {
    const [before, after] = [parseDatagram(sent[at]!), parseDatagram(Buffer.from(text))];
    if (before.outcome !== 'message' || after.outcome !== 'message') throw new Error('not readable');
    const { vias, callId, cseq, headers } = before.message;
    t.match(after.message, { kind: before.message.kind, vias, callId, cseq });
    t.same(
      [...after.message.headers].map(({ name }) => name),
      [...headers].map(({ name }) => name),
    );
  }
});

t.test('the same party, nonce or number is called the same, and others otherwise', async t => {
  const texts = wireCall().flatMap(entry => (entry.kind === 'sip' ? [entry.text] : []));
  const invite = texts[3] ?? '';
  t.match(invite, 'From: "name-1" <sip:+00000123@pbx.example.net;user=phone>;tag=9fxced76sl');
  t.match(invite, 'P-Asserted-Identity: "name-1" <tel:+00000123>', 'written with hyphens there');
  t.match(invite, 'Remote-Party-ID: <sip:00000123@pbx.example.net>', 'and without plus there');
  t.match(invite, 'To: <sip:+00000299@192.0.2.10>');
  t.match(invite, 'username="user-1"');
  t.match(invite, '<sip:user-1:masked@203.0.113.7:5066;transport=udp>');
  t.match(invite, 'nonce="nonce-1"');
  t.match(texts[1], 'nonce="nonce-1"', 'the challenge that it answers');
  const names = new Pseudonyms();
  t.same(
    ['+44 20 7946 0958', '0044-20-7946-0958', '02079460958', '1042', '17'].map(number =>
      names.party('user', number),
    ),
    ['+00000158', '00000158', '00000258', '000003', '000004'],
    'of short numbers not even the last digits',
  );
  t.same(
    ['alice', 'bob', 'alice', 'anonymous'].map(user => names.party('user', user)),
    ['user-1', 'user-2', 'user-1', 'anonymous'],
  );
});

t.test('pseudonyms come to an end', async t => {
  const names = new Pseudonyms();
  for (let user = 0; user < 10_000; user++) names.of('user', `user ${user}`);
  t.equal(names.of('user', 'user 0'), 'user-1');
  t.equal(names.of('user', 'one more'), 'user-0');
});

t.test('header fields', async t => {
  const digest =
    'username="bob", realm="pbx.example", nonce="abc", uri="sip:+15550100999@pbx", response="1f"';
  for (const [key, value, masked] of [
    ['from', 'sip:bob@example.com;tag=1', '<sip:user-1@example.com>;tag=1'],
    ['contact', '*', '*'],
    [
      'contact',
      '<sip:a@h;ob;gr=urn:uuid:1>;q=0.5, "B, C" <sip:b@h>',
      '<sip:user-1@h;ob;gr=masked>;q=0.5, "name-1" <sip:user-2@h>',
    ],
    ['refer-to', '<sip:bob@h?Replaces=abc%40h>', '<sip:user-1@h?Replaces=masked>'],
    ['to', '<sip:+15550100123;npdi;rn=+15550100999@h;user=phone>', '<sip:+00000123@h;user=phone>'],
    ['to', '<tel:5550123;phone-context=+1-555>', '<tel:00000123;phone-context=masked>'],
    ['to', '<urn:service:sos>', '<urn:service:sos>'],
    ['to', '<mailto:bob@example.com>', '<mailto:masked>'],
    ['from', '"no address', 'masked'],
    ['diversion', '<sip:+15550100123@h>;reason=no-answer;x=y', '<sip:+00000123@h>;reason=no-answer;x=masked'],
    ['via', 'SIP/2.0/UDP h:5060;branch=z9;x-user=bob', 'SIP/2.0/UDP h:5060;branch=z9;x-user=masked'],
    ['via', 'nonsense +15550100123', 'masked'],
    [
      'authorization',
      `Digest ${digest}`,
      'Digest username="user-1", realm="pbx.example", nonce="nonce-1", uri="sip:+00000199@pbx", response="masked"',
    ],
    ['authorization', 'Basic Ym9iOnNlY3JldA==', 'Basic masked'],
    ['authorization', 'Ym9iOnNlY3JldA==', 'masked'],
    ['proxy-authorization', 'Bearer abc.def', 'Bearer masked'],
    [
      'authentication-info',
      'nextnonce="n", rspauth="1f", qop=auth',
      'nextnonce="nonce-1", rspauth="masked", qop=auth',
    ],
    [
      'www-authenticate',
      'Digest realm="bob@home", qop="auth,auth-int"',
      'Digest realm="masked", qop="auth,auth-int"',
    ],
    ['reason', 'Q.850;cause=17;text="bob@h is busy"', 'Q.850;cause=17;text="masked@h is busy"'],
    ['warning', '399 h "call +1 (555) 010-0123"', '399 h "call masked"'],
    ['user-agent', 'Phone/1.2.3 0015651a2b3c', 'Phone/1.2.3 masked'],
    ['call-id', 'a84b4c76e66710@pc33.example', 'a84b4c76e66710@pc33.example'],
    ['content-type', 'text/vcard;charset=utf-8;name="Bob.vcf"', 'text/vcard;charset=utf-8;name=masked'],
    ['accept', 'a/b;q=0.5, c/d', 'a/b;q=0.5, c/d'],
    ['session-expires', '1800;"', 'masked'],
    ['date', 'Sat, 13 Nov 2010 23:29:00 GMT', 'Sat, 13 Nov 2010 23:29:00 GMT'],
    ['subject', 'the piano', 'masked'],
    ['x-customer', 'Bob', 'masked'],
    ['call-id', 'a\0b', 'masked'],
  ] as const)
    t.equal(field(key, value), masked, `${key}: ${value}`);
});

t.test('start lines', async t => {
  for (const [line, masked] of [
    ['INVITE sip:+15550100123@h SIP/2.0', 'INVITE sip:+00000123@h SIP/2.0'],
    ['INVITE sip:+15550100123@h SIP/7.0', 'INVITE sip:+00000123@h SIP/7.0'],
    ['INVITE bob SIP/2.0', 'INVITE masked SIP/2.0'],
    ['SIP/2.0 486 Busy Here', 'SIP/2.0 486 Busy Here'],
    ['SIP/2.0 404 No user bob@h', 'SIP/2.0 404 No user masked@h'],
    ['SIP/2.0 200', 'SIP/2.0 200'],
    ['SIP/2.0 200 a\x1b[2Jb', 'SIP/2.0 200 masked'],
    ['to bob', 'masked'],
  ] as const)
    t.equal(mask(Buffer.from(`${line}\r\n\r\n`)).split('\r\n')[0], masked);
});

t.test('bodies', async t => {
  t.equal(
    maskedBody('application/dtmf-relay', 'Signal=5\r\nDuration=160'),
    'Signal=masked\r\nDuration=160\r\n',
  );
  t.equal(maskedBody('application/dtmf', '5'), 'masked');
  t.equal(maskedBody('text/plain', 'hello Bob'), 'masked');
  t.equal(maskedBody('message/sipfrag', 'SIP/2.0 486 Busy Here\r\nTo: bob'), 'SIP/2.0 486 Busy Here\r\n');
  t.equal(maskedBody('application/sdp', 'v=0\r\ns=Bob\r\n', 'Content-Encoding: gzip'), 'masked');
  t.equal(
    maskedBody(
      'application/sdp',
      'v=0\no=bob 1 1 IN IP4 h\nc=IN IP4 <b>\na=x-name:Bob\na=sendonly\nBob\nk=clear:key',
    ),
    'v=0\r\no=user-1 1 1 IN IP4 h\r\nc=masked\r\na=x-name:masked\r\na=sendonly\r\nk=masked\r\n',
  );
  t.equal(maskedBody('application/sdp', 'c=PSTN E164 +15550100123\n'), 'c=masked\r\n');
  t.equal(maskedBody('application/sdp', 'c=IN IP6 2001:db8::1\n'), 'c=IN IP6 2001:db8::1\r\n');
  t.equal(
    maskedBody(
      'application/sdp',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20\r\na=crypto:secret\r\n',
    ),
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAA\r\na=crypto:masked\r\n',
  );
  const multipart =
    '--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=Bob\r\n\r\n--b\r\n\r\nBob\r\n--b--\r\n';
  t.equal(
    maskedBody('multipart/mixed;boundary=b', multipart),
    '--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=masked\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nmasked\r\n--b--\r\n',
  );
  t.equal(maskedBody('multipart/mixed', multipart), 'masked');
});

t.test('what does not hold together is masked, not mended', async t => {
  t.equal(
    mask(Buffer.from('BYE sip:h SIP/2.0\r\nSubject: a\r\n folded\r\nno header\r\nl: 99\r\n\r\nBob')),
    'BYE sip:h SIP/2.0\r\nSubject: masked\r\nmasked\r\nl: 99\r\n\r\nmasked',
  );
  t.equal(
    mask(Buffer.from('BYE sip:h SIP/2.0\r\nCSeq: 1 BYE\r\nAuthorization: Digest username="bo'), true),
    'BYE sip:h SIP/2.0\r\nCSeq: 1 BYE\r\n\r\n',
    'of a head that was cut only whole lines are left',
  );
  t.equal(mask(Buffer.from('l: 9\r\n\r\nv=0')), 'masked\r\n\r\nmasked');
  t.equal(mask(Buffer.alloc(0)), 'masked\r\n\r\n');
});

t.test("RFC 4475's messages stay what they are", async t => {
  for (const [name, bytes] of TORTURE) {
    const [before, after] = [parseDatagram(bytes), parseDatagram(Buffer.from(mask(bytes)))];
    if (before.outcome === 'message') t.equal(after.outcome, 'message', name);
  }
});

t.test('mutated messages do no harm', async t => {
  let masked = 0;
  for (const bytes of mutations(7, 3_000)) masked += mask(bytes, masked % 2 === 0).length === 0 ? 0 : 1;
  t.equal(masked, 3_000);
});

t.test('long runs of one character cost no more than others', async t => {
  const keys = 'from via authorization www-authenticate authentication-info reason user-agent contact'.split(
    ' ',
  );
  for (const run of ['a', '1', ' ', '@', ';', ',', '"', '<', '%41', 'a@', '1 ', 'a=', '\\"', '\t', 'ab:'])
    for (const key of keys)
      t.type(field(key, run.repeat(SIP_LIMITS.headerFieldBytes / run.length)), 'string');
  for (const body of ['\n', 'a', 'Duration', 'a=b\n', '--b\r\n', 'SIP/2.0 '])
    for (const type of [
      'application/sdp',
      'application/dtmf-relay',
      'multipart/mixed;boundary=b',
      'message/sipfrag',
    ])
      maskedBody(type, body.repeat(SIP_LIMITS.bodyBytes / body.length));
});

t.test('RTCP keeps its numbers and loses its texts', async t => {
  const packet = (type: number, count: number, content: Buffer) => {
    const bytes = Buffer.concat([Buffer.from([0x80 | count, type, 0, content.length / 4]), content]);
    return bytes;
  };
  const ssrc = Buffer.from([1, 2, 3, 4]);
  const report = packet(201, 0, ssrc);
  const items = Buffer.from('\x01\x05alice\x04\x0b+1555010012\0\0', 'latin1');
  const description = packet(
    202,
    1,
    Buffer.concat([ssrc, items, Buffer.alloc((4 - (items.length % 4)) % 4)]),
  );
  const bye = packet(203, 1, Buffer.concat([ssrc, Buffer.from('\x07bob ran')]));
  const app = packet(204, 0, Buffer.concat([ssrc, Buffer.from('PoC1'), Buffer.from('bob here')]));
  const masked = Buffer.from(maskRtcp(Buffer.concat([report, description, bye, app])));
  t.equal(masked.length, report.length + description.length + bye.length + app.length);
  t.same(masked.subarray(0, report.length), report);
  t.match(masked.toString('latin1'), '\x01\x05xxxxx\x04\x0bxxxxxxxxxxx');
  t.match(masked.toString('latin1'), '\x07xxxxxxx');
  t.match(masked.toString('latin1'), 'PoC1\0\0\0\0\0\0\0\0');
  t.notMatch(masked.toString('latin1'), /alice|555|bob/);
  for (const bytes of [report.subarray(0, 6), Buffer.from('not RTCP'), Buffer.from([0x80]), Buffer.alloc(3)])
    t.equal(maskRtcp(bytes).length, 0);
  const lying = packet(202, 31, Buffer.from('\x01\x02\x03\x04\x01\xffbob', 'latin1').subarray(0, 8));
  t.equal(maskRtcp(lying).length, lying.length);
});
