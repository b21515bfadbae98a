import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { parseNameAddr } from '../../../sip/message/name_addr.ts';
import { paramValue, parseParams, withParam } from '../../../sip/message/params.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serializeRejection } from '../../../sip/message/serialize.ts';
import { quote, unquote } from '../../../sip/message/syntax.ts';
import { parseVia } from '../../../sip/message/via.ts';

const HEAD = [
  'OPTIONS sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'From: <sip:alice@example.com>;tag=a',
  'To: <sip:bob@example.com>',
  'Call-ID: c1',
  'CSeq: 1 OPTIONS',
];

/** The request above with lines changed (by name) or added. */
function bytes(changes: Readonly<Record<string, string>> = {}, body = ''): Buffer {
  const lines = HEAD.map((line, at) => {
    const name = at === 0 ? 'start' : line.slice(0, line.indexOf(':'));
    return changes[name] ?? line;
  });
  const added = Object.entries(changes).filter(([name]) => name.startsWith('+'));
  return Buffer.from(
    `${[...lines, ...added.map(([, line]) => line)].filter(line => line !== '').join('\r\n')}\r\n\r\n${body}`,
  );
}

function statusOf(datagram: Buffer): number | string {
  const result = parseDatagram(datagram);
  return result.outcome === 'rejected'
    ? result.status
    : result.outcome === 'discarded'
      ? result.cause
      : 'message';
}

t.test('the least that a request is', async t => {
  const result = parseDatagram(bytes());
  t.match(result, { message: { kind: 'request', method: 'OPTIONS', callId: 'c1', cseq: { number: 1 } } });
  t.match(result, { message: { maxForwards: undefined, contacts: [], routes: [] } });
});

t.test('what each wrong line is answered with', async t => {
  for (const [status, changes] of [
    [400, { start: 'OPTIONS sip:bob@exa mple.com SIP/2.0' }],
    [400, { start: 'OPT(IONS sip:bob@example.com SIP/2.0' }],
    [505, { start: 'OPTIONS sip:bob@example.com SIP/3.0' }],
    [414, { start: `OPTIONS sip:${'b'.repeat(SIP_LIMITS.uriBytes)}@example.com SIP/2.0` }],
    [400, { From: '' }],
    [400, { To: '' }],
    [400, { 'Call-ID': '' }],
    [400, { 'Call-ID': 'Call-ID: a b' }],
    [400, { 'Call-ID': `Call-ID: ${'c'.repeat(SIP_LIMITS.identifierBytes + 1)}` }],
    [400, { CSeq: '' }],
    [400, { CSeq: 'CSeq: -1 OPTIONS' }],
    [400, { CSeq: 'CSeq: 1.5 OPTIONS' }],
    [400, { CSeq: 'CSeq: 4294967296 OPTIONS' }],
    [400, { CSeq: 'CSeq: 1 INVITE' }],
    [400, { '+': 'Max-Forwards: 256' }],
    [400, { '+': 'Max-Forwards: many' }],
    [400, { '+': 'Content-Length: five' }],
    [400, { '+': 'Content-Length: 1' }],
    [400, { '+': 'no colon here' }],
    [400, { '+': ': no name' }],
    [400, { '+': 'Subject: a\0b' }],
    [400, { '+': 'Subject: a\nVia: b' }],
    [400, { '+': 'Subject: a\rb' }],
    [400, { '+': 'To: <sip:other@example.com>' }],
    [400, { '+': 't: <sip:other@example.com>' }],
    [400, { '+': 'Route: sip:a@b, ,' }],
    [400, { '+': `Via: ${'SIP/2.0/UDP h,'.repeat(SIP_LIMITS.listValues)}SIP/2.0/UDP h` }],
    [513, { '+': `Subject: ${'x'.repeat(SIP_LIMITS.headerFieldBytes)}` }],
    [513, { '+': 'X: y\r\n'.repeat(SIP_LIMITS.headerFields) }],
    [513, { '+': 'X: aaaaaaaaaaaaaaaaaaaa\r\n'.repeat(SIP_LIMITS.headBytes / 20) }],
    [413, { '+': `Content-Length: ${SIP_LIMITS.bodyBytes + 1}` }],
    ['message', { CSeq: 'CSeq: 4294967295 OPTIONS' }],
    ['message', { '+': 'Contact: *' }],
    ['message', { '+': 'Max-Forwards: 255' }],
    ['not SIP', { start: 'GET / HTTP/1.1' }],
    ['bad response', { start: 'SIP/2.0 99 Low' }],
    ['bad response', { start: 'SIP/2.0 200 OK', From: '' }],
    ['bad response', { start: 'SIP/2.0 200 O\x01K' }],
  ] as const)
    t.equal(statusOf(bytes(changes)), status, JSON.stringify(changes).slice(0, 70));
});

t.test('keep-alives and noise are dropped in silence', async t => {
  for (const noise of ['', '\r\n', '\r\n\r\n', '\0', '\0\0\0\0'])
    t.equal(statusOf(Buffer.from(noise)), 'keep-alive');
  for (const noise of [
    '\x80',
    'hello',
    '{}',
    '\0\x01\0\x08!\x12\xa4B',
    'OPTIONS sip:a@b',
    'A'.repeat(65_000),
  ])
    t.equal(statusOf(Buffer.from(noise)), 'not SIP');
  t.equal(
    statusOf(Buffer.concat([Buffer.from('\r\n\r\n'), bytes()])),
    'message',
    'empty lines before a message (§7.5)',
  );
});

t.test('the body is as long as Content-Length says, or the datagram', async t => {
  t.match(parseDatagram(bytes({ '+': 'l: 3' }, 'abcdef')), { message: { body: Buffer.from('abc') } });
  t.match(parseDatagram(bytes({}, 'abcdef')), { message: { body: Buffer.from('abcdef') } });
});

t.test('Latin-1 is understood where it is not UTF-8', async t => {
  const named = (name: string, encoding: 'latin1' | 'utf8') => {
    const text = bytes().toString().replace('From: ', `From: "${name}" `);
    return parseDatagram(Buffer.from(text, encoding));
  };
  t.match(named('Jürgen', 'latin1'), { message: { from: { displayName: 'Jürgen' } } });
  t.match(named('Jürgen', 'utf8'), { message: { from: { displayName: 'Jürgen' } } });
});

t.test('addresses', async t => {
  for (const [text, displayName] of [
    ['<sip:a@b>', undefined],
    ['sip:a@b', undefined],
    ['"" <sip:a@b>', ''],
    ['Bob Smith <sip:a@b>', 'Bob Smith'],
    ['Jürgen (office) <sip:a@b>', 'Jürgen (office)'],
    ['"a \\"b\\" <c>, d"<sip:a@b>', 'a "b" <c>, d'],
  ] as const)
    t.equal(parseNameAddr(text)?.displayName, displayName, text);
  t.match(parseNameAddr('sip:a@b;tag=<'), undefined);
  t.match(parseNameAddr('sip:a@b;tag="<"'), { uri: { host: 'b' }, params: [{ name: 'tag', value: '"<"' }] });
  for (const text of [
    '',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '"x <sip:a@b>',
    '"x" y <sip:a@b>',
    'a;b <sip:a@b>',
    '<sip:a@b> x',
    '<sip:a@b>;',
    'a, b <sip:a@b>',
    '"x" sip:a@b',
  ])
    t.equal(parseNameAddr(text), undefined, text);
});

t.test('Via', async t => {
  t.match(parseVia('SIP / 2.0 / tcp [2001:db8::1] : 5070 ; branch = x;rport'), {
    transport: 'TCP',
    host: '[2001:db8::1]',
    port: 5070,
    params: [
      { name: 'branch', value: 'x' },
      { name: 'rport', value: undefined },
    ],
  });
  for (const text of [
    '',
    'SIP/2.0/UDP',
    'SIP/3.0/UDP a',
    'HTTP/2.0/UDP a',
    'SIP/2.0/UDP a:0',
    'SIP/2.0/UDP a:65536',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP ::1',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a;',
  ])
    t.equal(parseVia(text), undefined, text);
});

t.test('parameters', async t => {
  const params = parseParams(';a;B=2 ; c = "x;y\\"z" ;d=[::1]') ?? [];
  t.equal(paramValue(params, 'b'), '2');
  t.equal(unquote(paramValue(params, 'c') ?? ''), 'x;y"z');
  t.equal(paramValue(withParam(params, 'b', '3'), 'b'), '3');
  t.equal(withParam(params, 'new', undefined).length, 5);
  for (const text of [
    'a',
    ';',
    ';;',
    ';=1',
    ';a=',
    ';a="',
    ';a=b c',
    ';a="b"c',
    ';a=<',
    `${';x'.repeat(SIP_LIMITS.parameters + 1)}`,
  ])
    t.equal(parseParams(text), undefined, text.slice(0, 20));
  for (const text of ['', 'a"b\\c', '\x07\0', '\\'] as const) t.equal(unquote(quote(text)), text);
});

t.test('the answer to a bad request', async t => {
  const rejected = (datagram: Buffer) => {
    const result = parseDatagram(datagram);
    if (result.outcome !== 'rejected') throw new Error('it was read');
    return result;
  };
  const bad = rejected(
    bytes({
      '+': 'Max-Forwards: x',
      Via: 'v: SIP/2.0/UDP 192.0.2.1;branch=z, SIP/2.0/TCP b',
      To: 't: Bob "',
    }),
  );
  const received = parseVia('SIP/2.0/UDP 192.0.2.1;branch=z;received=192.0.2.9');
  const text = serializeRejection(bad, received)?.toString() ?? '';
  t.match(
    text,
    /^SIP\/2.0 400 Bad Request \(a bad to\)\r\nVia: SIP\/2.0\/UDP 192.0.2.1;branch=z;received=192.0.2.9\r\nVia: SIP\/2.0\/TCP b\r\n/,
  );
  t.match(text, /\r\nt: Bob ";tag=[0-9a-f]+\r\n/, 'a broken To comes back with a tag');
  t.match(text, /\r\nContent-Length: 0\r\n\r\n$/);
  t.notMatch(text, /Max-Forwards/);
  t.equal(
    serializeRejection(rejected(bytes({ start: 'ACK sip:b@c SIP/2.0', CSeq: 'CSeq: x' }))),
    undefined,
    'none to ACK',
  );
  t.equal(serializeRejection(rejected(bytes({ Via: '' }))), undefined, 'none without a Via');
});
