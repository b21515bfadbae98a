import t from 'tap';
import { newRequest, newResponse } from '../../../sip/message/build.ts';
import { Headers } from '../../../sip/message/headers.ts';
import { isTransactionBranch, newBranch, newCallId, newTag } from '../../../sip/message/ids.ts';
import { reasonOf, type SipRequest } from '../../../sip/message/message.ts';
import { parseNameAddr, tagOf } from '../../../sip/message/name_addr.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { parseVia } from '../../../sip/message/via.ts';
import { tortureBytes } from './torture_files.ts';

function address(text: string) {
  const parsed = parseNameAddr(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function invite(changes: Partial<SipRequest> = {}): SipRequest {
  const made = newRequest({
    method: 'INVITE',
    uri: address('<sip:bob@example.com>').uri,
    from: address('"Alice" <sip:alice@example.com>;tag=a1'),
    to: address('<sip:bob@example.com>'),
    callId: 'call1',
    cseq: 7,
    contacts: [address('<sip:alice@192.0.2.1>')],
    routes: [address('<sip:proxy.example.com;lr>')],
    headers: Headers.of({ 'Content-Type': 'application/sdp', Supported: ['timer', '100rel'] }),
    body: Buffer.from('v=0\r\n'),
  });
  const via = parseVia('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport');
  return { ...made, vias: via === undefined ? [] : [via], ...changes };
}

t.test('a request, line by line', async t => {
  t.same(serialize(invite()).toString().split('\r\n'), [
    'INVITE sip:bob@example.com SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
    'Route: <sip:proxy.example.com;lr>',
    'Max-Forwards: 70',
    'From: "Alice" <sip:alice@example.com>;tag=a1',
    'To: <sip:bob@example.com>',
    'Call-ID: call1',
    'CSeq: 7 INVITE',
    'Contact: <sip:alice@192.0.2.1>',
    'Content-Type: application/sdp',
    'Supported: timer',
    'Supported: 100rel',
    'Content-Length: 5',
    '',
    'v=0',
    '',
  ]);
});

t.test('nothing with a line break is written, wherever it hides', async t => {
  const evil = 'x\r\nVia: SIP/2.0/UDP evil';
  const refused = { name: 'SipFormatError' };
  const { from } = invite();
  const uri = invite().uri;
  for (const changes of [
    { method: evil },
    { method: 'IN VITE' },
    { callId: evil },
    { callId: '' },
    { cseq: { number: 1, method: evil } },
    { cseq: { number: -1, method: 'INVITE' } },
    { cseq: { number: 2 ** 32, method: 'INVITE' } },
    { from: { ...from, displayName: evil } },
    { from: { ...from, displayName: '\n' } },
    { from: { ...from, params: [{ name: 'tag', value: evil }] } },
    { from: { ...from, params: [{ name: 'tag', value: 'a;b' }] } },
    { from: { ...from, params: [{ name: 'ta g', value: 'a' }] } },
    { from: { ...from, params: [{ name: 'tag', value: '"a\\\r\n"' }] } },
    { to: { ...from, uri: { kind: 'other', scheme: 'urn', opaque: evil } } },
    { uri: uri.kind === 'sip' ? { ...uri, headers: [{ name: 'a', value: 'b' }] } : uri },
    { vias: [{ transport: evil, host: 'a', params: [] }] },
    { vias: [{ transport: 'UDP', host: evil, params: [] }] },
    { vias: [{ transport: 'UDP', host: 'a', params: [{ name: 'branch', value: evil }] }] },
    { contacts: [{ ...from, displayName: evil }] },
    { headers: new Headers([{ name: 'Subject', key: 'subject', value: evil }]) },
    { headers: new Headers([{ name: evil, key: 'subject', value: 'a' }]) },
    { headers: new Headers([{ name: 'Subject', key: 'subject', value: 'a\0' }]) },
  ] as Partial<SipRequest>[])
    t.throws(() => serialize(invite(changes)), refused, JSON.stringify(changes));
  t.throws(() => new Headers().append('Subject', evil), refused);
  t.throws(() => new Headers().set('Sub ject', 'a'), refused);
  t.throws(() => serialize({ ...newResponse(invite(), 200), reason: evil }), refused);
  t.throws(() => serialize({ ...newResponse(invite(), 200), status: 99 }), refused);
});

t.test('controls other than line breaks can be in a display name, quoted', async t => {
  const bytes = serialize(invite({ from: { ...invite().from, displayName: 'a\x07"b\\' } }));
  t.match(parseDatagram(bytes), { message: { from: { displayName: 'a\x07"b\\' } } });
});

t.test('a response takes from its request what §8.2.6 says', async t => {
  const request = {
    ...invite({ recordRoutes: [address('<sip:p1.example.com;lr>'), address('<sip:p2.example.com;lr>')] }),
    headers: Headers.of({ Timestamp: '54' }),
  };
  const trying = newResponse(request, 100, { toTag: 'b1' });
  t.match(trying, { reason: 'Trying', recordRoutes: [], callId: 'call1', vias: request.vias });
  t.equal(tagOf(trying.to), undefined, 'no tag in a 100');
  t.equal(trying.headers.get('timestamp'), '54');
  const ok = newResponse(request, 200, { toTag: 'b1', contacts: [address('<sip:bob@192.0.2.2>')] });
  t.equal(tagOf(ok.to), 'b1');
  t.equal(ok.recordRoutes.length, 2);
  t.equal(ok.headers.has('timestamp'), false);
  t.equal(newResponse(request, 404, { toTag: 'b1' }).recordRoutes.length, 0);
  t.equal(
    tagOf(newResponse({ ...request, to: address('<sip:b@c>;tag=old') }, 200, { toTag: 'b1' }).to),
    'old',
  );
  t.equal(newResponse(request, 486, { reason: 'Not Now' }).reason, 'Not Now');
  t.equal(reasonOf(499), 'Bad Request');
});

t.test('a new request gets a tag and a Call-ID', async t => {
  const { from, to, callId } = newRequest({
    method: 'OPTIONS',
    uri: invite().uri,
    from: address('sip:a@b'),
    to: address('sip:c@d'),
    cseq: 1,
  });
  t.match(tagOf(from), /^[0-9a-f]{16}$/);
  t.equal(tagOf(to), undefined);
  t.match(callId, /^[0-9a-f]{32}$/);
});

t.test('identifiers do not repeat', async t => {
  const made = Array.from({ length: 500 }, () => [newBranch(), newTag(), newCallId()]).flat();
  t.equal(new Set(made).size, made.length);
  t.ok(made.filter(id => isTransactionBranch(id)).length === 500);
  t.notOk(isTransactionBranch('z9hG4bK'), 'the cookie alone names nothing');
  t.notOk(isTransactionBranch(undefined));
});

t.test('header fields by any of their names', async t => {
  const headers = Headers.of({ k: 'a, b', Supported: '"c, d"', Subject: 's', 'X-Odd': '"' });
  t.same(headers.list('supported'), ['a', 'b', '"c, d"']);
  t.same(headers.list('x-odd'), [], 'a list that cannot be read is empty');
  t.equal(headers.get('S'), 's');
  headers.set('subject', 'other').remove('k');
  t.same(
    [...headers].map(({ name, value }) => [name, value]),
    [
      ['X-Odd', '"'],
      ['subject', 'other'],
    ],
  );
  const copy = headers.copy().append('New', '1');
  t.ok(copy.has('new') && !headers.has('new'));
});

t.test('every torture message that is read is written in well-formed lines', async t => {
  const result = parseDatagram(tortureBytes('longreq'));
  const text = result.outcome === 'message' ? serialize(result.message).toString() : '';
  t.equal(text.match(/^Via: /gm)?.length, 34);
  t.notMatch(text, /[^\r]\n|\r[^\n]/);
});
