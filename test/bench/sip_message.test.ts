import t from 'tap';
import { answerChallenge } from '../../bench/wire/sip_digest.ts';
import {
  formatSip,
  headerOf,
  headersOf,
  parameterOf,
  parseCSeq,
  parseSip,
  type SipRequest,
  uriOf,
} from '../../bench/wire/sip_message.ts';
import { parseSipUri } from '../../bench/wire/sip_uri.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'));

const OK = `SIP/2.0 200 OK
v: SIP/2.0/UDP a.example:5060;branch=z9hG4bK1;rport, SIP/2.0/UDP b.example;branch=z9hG4bK2
f: "Doe, \\"J\\" <x>" <sip:j@example.com>;tag=1
To:   <sip:b@example.com;p=1>
 ;tag=2
i: abc
CSeq: 7 INVITE
Record-Route: <sip:p1;lr>,<sip:p2;lr>
m: <sip:b@10.0.0.1:5080;transport=udp>
l: 5

v=0
`;

t.test('responses with compact names, folded lines and lists', async t => {
  const message = parseSip(bytes(OK))!;
  t.match(message, { type: 'response', status: 200, reason: 'OK', body: 'v=0\r\n' });
  t.equal(headersOf(message, 'via').length, 2);
  t.same(headersOf(message, 'record-route'), ['<sip:p1;lr>', '<sip:p2;lr>']);
  t.equal(parameterOf(headerOf(message, 'to')!, 'tag'), '2');
  t.equal(parameterOf(headerOf(message, 'from')!, 'tag'), '1');
  t.equal(parameterOf(headerOf(message, 'via')!, 'rport'), '');
  t.equal(parameterOf(headerOf(message, 'via')!, 'branch'), 'z9hG4bK1');
  t.equal(uriOf(headerOf(message, 'contact')!), 'sip:b@10.0.0.1:5080;transport=udp');
  t.same(parseCSeq(headerOf(message, 'cseq')), { number: 7, method: 'INVITE' });
});

t.test('what is written is read back', async t => {
  const request: SipRequest = {
    type: 'request',
    method: 'OPTIONS',
    uri: 'sip:x@127.0.0.1',
    headers: [
      { name: 'via', value: 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx' },
      { name: 'call-id', value: 'y' },
    ],
    body: 'grüße',
  };
  const read = parseSip(formatSip(request))!;
  t.match(read, { method: 'OPTIONS', uri: 'sip:x@127.0.0.1', body: 'grüße' });
  t.equal(headerOf(read, 'call-id'), 'y');
});

t.test('a line break in a value starts no new field', async t => {
  const request: SipRequest = {
    type: 'request',
    method: 'BYE',
    uri: 'sip:x',
    headers: [{ name: 'Subject', value: 'a\r\nRoute: <sip:evil>' }],
    body: '',
  };
  t.equal(headerOf(parseSip(formatSip(request))!, 'route'), undefined);
});

t.test('every truncation of a message is refused, and no byte of garbage throws', async t => {
  const whole = bytes(OK);
  const accepted = [...whole.keys()].filter(length => parseSip(whole.subarray(0, length)) !== undefined);
  t.same(accepted, []);
  let seed = 1;
  let parsed = 0;
  for (let round = 0; round < 2000; round += 1) {
    const damaged = Buffer.from(whole);
    for (let i = 0; i < 8; i += 1) {
      seed = (seed * 48271) % 2147483647;
      damaged[seed % damaged.length] = seed & 0xff;
    }
    const message = parseSip(damaged);
    if (message === undefined) continue;
    parsed += 1;
    for (const read of [uriOf, parseCSeq, (value: string) => parameterOf(value, 'tag')]) {
      for (const { value } of message.headers) read(value);
    }
  }
  t.ok(parsed > 0 && parsed < 2000, `${parsed} of 2000 were still messages`);
});

t.test('hostile messages are refused', async t => {
  const head = 'BYE sip:x SIP/2.0\n';
  t.equal(parseSip(bytes(`${head}Content-Length: 999999\n\n`)), undefined);
  t.equal(parseSip(bytes(`${head}Content-Length: -1\n\n`)), undefined);
  t.equal(parseSip(bytes(`${head}${'A: b\n'.repeat(300)}\n`)), undefined);
  t.equal(parseSip(bytes(`${head}Via: ${'"'.repeat(60_000)}\n\n`)), undefined);
  t.equal(parseSip(bytes(`${head}: nameless\n\n`)), undefined);
  t.equal(parseSip(bytes('GET / HTTP/1.1\nHost: x\n\n')), undefined);
  t.equal(parseSip(Buffer.from('\r\n\r\n')), undefined);
  t.equal(parseCSeq('4294967296 BYE'), undefined);
});

t.test('targets', async t => {
  t.same(parseSipUri('sip:+15550100@127.0.0.1:5070;lr'), {
    user: '+15550100',
    host: '127.0.0.1',
    port: 5070,
    looseRouting: true,
  });
  t.match(parseSipUri('sip:a@[::1]'), { host: '::1', port: 5060 });
  for (const bad of [
    '',
    'tel:+1',
    'sip:',
    'sip:a@b:0',
    'sip:a@b:70000',
    'sips:a@b',
    'sip:a@b;transport=tcp',
    'sip:a b@c',
  ]) {
    t.throws(() => parseSipUri(bad), bad);
  }
});

t.test('digest answers', async t => {
  // RFC 7616 §3.9.1, with the method and URI of the example.
  const challenge = (algorithm: string): string =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const credentials = { user: 'Mufasa', password: 'Circle of Life' };
  const request = {
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  t.match(
    answerChallenge(challenge('MD5'), credentials, request),
    'response="8ca523f5e9506fed4657c9700eebdbec"',
  );
  t.match(
    answerChallenge(challenge('SHA-256'), credentials, request),
    'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
  );
  // RFC 2617's older form, without qop.
  const old = answerChallenge(
    'Digest realm="r", nonce="n"',
    { user: 'u', password: 'p' },
    { method: 'INVITE', uri: 'sip:x' },
  );
  t.notMatch(old, 'qop');
  t.equal(answerChallenge('Digest realm="r", nonce="n", algorithm=UNKNOWN', credentials, request), undefined);
  t.equal(answerChallenge('Digest realm="r", nonce="n", qop="auth-int"', credentials, request), undefined);
  t.equal(answerChallenge('Basic realm="r"', credentials, request), undefined);
});
