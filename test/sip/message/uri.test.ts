import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { escapeUser, formatUri, parseUri, unescapeUri, uriTransport } from '../../../sip/message/uri.ts';
import { isLooseRoute, sameUri } from '../../../sip/message/uri_compare.ts';

function uri(text: string) {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(`not a URI: ${text}`);
  return parsed;
}

t.test('every form of RFC 3261 §19.1.3 is read and written as it was', async t => {
  for (const text of [
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sips:1212@gateway.com',
    'sip:alice@192.0.2.4',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:[2001:db8::10]:5070;lr',
    'sip:alice@[::ffff:192.0.2.1]',
    'sip:*72#@pbx.example.com',
    'tel:+1-201-555-0123;phone-context=example.com',
    'tel:*31#;phone-context=+49',
    'urn:service:sos',
    'http://www.example.com',
  ])
    t.equal(formatUri(uri(text)), text);
});

t.test('parts', async t => {
  t.match(uri('SIP:alice:pw@Example.COM:5070;Transport=TCP;lr?Subject=a&b'), {
    scheme: 'sip',
    user: 'alice',
    password: 'pw',
    host: 'Example.COM',
    port: 5070,
    headers: [{ name: 'Subject', value: 'a' }, { name: 'b' }],
  });
  const tcp = uri('sip:a@b;Transport=TCP;lr');
  t.equal(tcp.kind === 'sip' && uriTransport(tcp), 'tcp');
  t.ok(isLooseRoute(tcp));
  t.notOk(isLooseRoute(uri('tel:1')));
});

t.test('what is no URI', async t => {
  for (const text of [
    '',
    'sip:',
    'sip',
    ':alice',
    '1sip:alice@b',
    'sip:alice@',
    'sip:al ice@b',
    'sip:alice@b\r\nX: y',
    'sip:alice@b\0',
    'sip:alice@b;',
    'sip:alice@b;;lr',
    'sip:alice@b?',
    'sip:alice@b:',
    'sip:alice@b:0',
    'sip:alice@b:65536',
    'sip:alice@b:99999999999',
    'sip:alice@b@c',
    'sip:@b',
    'sip:alice@[2001:db8::10',
    'sip:alice@[2001:db8::g]',
    'sip:alice@2001:db8::10',
    'sip:%zz@b',
    'sip:a%4@b',
    'sip:älice@b',
    '<sip:alice@b>',
    'tel:',
    'tel:hello',
    'tel:+;x',
    `sip:${'a'.repeat(SIP_LIMITS.uriBytes)}@b`,
    `sip:a@b${';x'.repeat(SIP_LIMITS.parameters + 1)}`,
    `sip:a@b?${'x=1&'.repeat(SIP_LIMITS.uriHeaders)}x`,
  ])
    t.equal(parseUri(text), undefined, JSON.stringify(text.slice(0, 40)));
});

t.test('equivalent, by the examples of §19.1.4 and RFC 3966 §5', async t => {
  for (const [a, b] of [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-201-555-0123', 'tel:+12015550123'],
    ['tel:7042;phone-context=Example.com', 'tel:70-42;phone-context=example.com'],
    ['urn:service:sos', 'urn:service:sos'],
  ] as const) {
    t.ok(sameUri(uri(a), uri(b)), `${a} = ${b}`);
    t.ok(sameUri(uri(b), uri(a)));
  }
});

t.test('not equivalent, by the same', async t => {
  for (const [a, b] of [
    ['sip:ALICE@AtlanTa.CoM;Transport=udp', 'sip:alice@AtlanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=off', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com', 'sips:carol@chicago.com'],
    ['sip:carol@chicago.com', 'sip:chicago.com'],
    ['sip:a%3Bb@chicago.com', 'sip:a;b@chicago.com'],
    ['sip:a@b;maddr=192.0.2.1', 'sip:a@b'],
    ['tel:+12015550123', 'tel:12015550123'],
    ['tel:7042;phone-context=a.com', 'tel:7042'],
    ['tel:7042', 'sip:7042@a.com'],
  ] as const) {
    t.notOk(sameUri(uri(a), uri(b)), `${a} ≠ ${b}`);
    t.notOk(sameUri(uri(b), uri(a)));
  }
});

t.test('what cannot be written is not written', async t => {
  const sip = { kind: 'sip', scheme: 'sip', host: 'b', params: [], headers: [] } as const;
  const refused = { name: 'SipFormatError' };
  t.throws(() => formatUri({ ...sip, user: 'a b' }), refused);
  t.throws(() => formatUri({ ...sip, user: 'a@evil.example' }), refused);
  t.throws(() => formatUri({ ...sip, user: 'a\r\nVia: x' }), refused);
  t.throws(() => formatUri({ ...sip, password: 'alone' }), refused);
  t.throws(() => formatUri({ ...sip, host: 'b;lr' }), refused);
  t.throws(() => formatUri({ ...sip, params: [{ name: 'x', value: '1;y' }] }), refused);
  t.throws(() => formatUri({ ...sip, headers: [{ name: 'x', value: '1&y' }] }), refused);
  t.throws(() => formatUri({ kind: 'tel', scheme: 'tel', number: '1>', params: [] }), refused);
  t.throws(() => formatUri({ kind: 'other', scheme: 'urn', opaque: 'a b' }), refused);
});

t.test('any text becomes a user part and back', async t => {
  for (const text of ['+49 30 1', 'jürgen', 'a@b', '<"x">', 'a;b', '%', '\r\n', '#1']) {
    const user = escapeUser(text);
    const read = parseUri(
      formatUri({ kind: 'sip', scheme: 'sip', user, host: 'b', params: [], headers: [] }),
    );
    t.equal(read?.kind === 'sip' && read.user !== undefined && unescapeUri(read.user), text);
  }
  t.equal(unescapeUri('%ff'), '%ff', 'escapes that are not UTF-8 stay');
  t.equal(unescapeUri(escapeUser('\ud800')), '\ufffd', 'half a character is none');
});
