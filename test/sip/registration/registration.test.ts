import t from 'tap';
import { formatNameAddr } from '../../../sip/message/name_addr.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import { REGISTRATION_LIMITS } from '../../../sip/registration/limits.ts';
import { type Reply, sipUri } from '../far_end.ts';
import { address } from '../transport/requests.ts';
import { contactOf, Rig } from './registrar_rig.ts';

const CHALLENGE = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Digest realm="example.com", nonce="n1", algorithm=SHA-256, qop="auth"' },
} satisfies Reply;

t.test('what a REGISTER is made of (RFC 3261 §10.2)', async t => {
  const rig = new Rig();
  await rig.start();
  const [request] = rig.far.take();
  t.match(request, {
    method: 'REGISTER',
    uri: { host: 'registrar.example', user: undefined },
    cseq: { number: 1 },
  });
  t.equal(request && formatUri(request.to.uri), 'sip:4930123@example.com');
  t.match(request && formatNameAddr(request.from), /^<sip:4930123@example\.com>;tag=\w+$/);
  t.equal(request && contactOf(request), '<sip:4930123@192.0.2.99:5060>');
  t.equal(request?.headers.get('expires'), '3600');
  t.same(rig.takeTold(), ['registered 3600']);
  t.match(rig.registration.binding, { hop: { protocol: 'UDP', address: '192.0.2.10', port: 5060 } });
});

t.test('it is refreshed at 80 to 90 % of its time, with one Call-ID and rising CSeq', async t => {
  for (const [drawn, refreshS] of [
    [0, 80],
    [0.5, 85],
    [0.999999, 90],
  ] as const) {
    const rig = new Rig({ expiresS: 100 }, () => drawn);
    await rig.start();
    await rig.far.turn(refreshS * 1000 - 100);
    t.equal(rig.far.received.length, 1);
    await rig.far.turn(200);
    const [first, second] = rig.far.take();
    t.equal(second?.callId, first?.callId);
    t.same(second?.from, first?.from);
    t.equal(second?.cseq.number, 2);
    t.same(rig.takeTold(), ['registered 100', 'registered 100']);
  }
});

t.test('the time that is granted: of our contact, else of all, else what was asked', async t => {
  const ours = '<sip:4930123@192.0.2.99:5060>';
  const cases: [what: string, reply: Partial<Reply>, grantedS: number][] = [
    ['ours among others', { contacts: ['<sip:x@192.0.2.5>;expires=60', `${ours};expires=1200`] }, 1200],
    ['ours before Expires', { contacts: [`${ours};expires=1200`], headers: { Expires: '90' } }, 1200],
    ['Expires for a contact without', { contacts: [ours], headers: { Expires: '90' } }, 90],
    ['Expires alone', { headers: { Expires: '700' } }, 700],
    ['nothing', {}, 3600],
    ['ours by another host', { contacts: ['<sip:4930123@203.0.113.7:1024>;expires=500'] }, 500],
    ['ours by its port', { contacts: ['<sip:4930123@192.0.2.99:5070>;expires=9', `${ours};expires=8`] }, 8],
    ['others alone', { contacts: ['<sip:a@192.0.2.5>;expires=60'], headers: { Expires: '77' } }, 77],
    ['more than a day', { contacts: [`${ours};expires=4294967295`] }, REGISTRATION_LIMITS.mostExpiresS],
    ['no number', { contacts: [`${ours};expires=abc`] }, 3600],
    ['a negative one', { contacts: [`${ours};expires=-5`] }, 3600],
  ];
  for (const [what, reply, grantedS] of cases) {
    const rig = new Rig();
    rig.far.answer = () => ({ status: 200, ...reply });
    await rig.start();
    t.same(rig.takeTold(), [`registered ${grantedS}`], what);
  }
});

t.test('a binding of no time is a refusal, and one of a second no reason to flood', async t => {
  const rig = new Rig();
  rig.far.answer = request => ({ status: 200, contacts: [contactOf(request, 0)] });
  await rig.start();
  t.same(rig.takeTold(), ['failed refused 200 300']);
  const brief = new Rig();
  brief.far.answer = request => ({ status: 200, contacts: [contactOf(request, 1)] });
  await brief.start();
  for (let n = 0; n < 60; n += 1) await brief.far.turn(1000);
  t.equal(brief.far.received.length, 1 + 60 / 5);
});

t.test('credentials: asked for once, then given with each refresh', async t => {
  const rig = new Rig();
  rig.far.answer = request => (request.headers.has('authorization') ? { status: 200 } : CHALLENGE);
  await rig.start();
  await rig.far.turn(3600_000);
  const requests = rig.far.take();
  t.same(
    requests.map(({ cseq }) => cseq.number),
    [1, 2, 3],
  );
  const counts = requests.map(({ headers }) => /nc=(\d+)/.exec(headers.get('authorization') ?? '')?.[1]);
  t.same(counts, [undefined, '00000001', '00000002']);
  t.match(requests[1]?.headers.get('authorization'), /uri="sip:registrar\.example"/);
  t.same(rig.takeTold(), ['registered 3600', 'registered 3600']);
});

t.test('a stale nonce, and a proxy that asks too', async t => {
  const rig = new Rig();
  const replies: Reply[] = [
    { status: 407, headers: { 'Proxy-Authenticate': 'Digest realm="proxy", nonce="p", qop="auth"' } },
    CHALLENGE,
    { status: 200 },
    {
      status: 401,
      headers: { 'WWW-Authenticate': 'Digest realm="example.com", nonce="n2", stale=true, qop="auth"' },
    },
    { status: 200 },
  ];
  rig.far.answer = () => replies.shift() ?? 'silence';
  await rig.start();
  await rig.far.turn(3600_000);
  t.same(rig.takeTold(), ['registered 3600', 'registered 3600']);
  const last = rig.far.take().at(-1);
  t.match(last?.headers.get('authorization'), /nonce="n2".*nc=00000001/);
  t.match(last?.headers.get('proxy-authorization'), /nonce="p"/);
});

t.test('wrong credentials are not tried again and again', async t => {
  const rig = new Rig();
  rig.far.answer = () => CHALLENGE;
  await rig.start();
  t.equal(rig.far.take().length, 2);
  t.same(rig.takeTold(), ['failed credentials 401 300']);
  await rig.far.turn(299_000);
  t.equal(rig.far.take().length, 0);
  const without = new Rig({ credentialsFor: () => undefined });
  without.far.answer = () => CHALLENGE;
  await without.start();
  t.equal(without.far.take().length, 1);
  t.same(without.takeTold(), ['failed credentials 401 300']);
});

t.test('a challenger without end: fresh nonces, all of them stale', async t => {
  const rig = new Rig();
  let nonces = 0;
  rig.far.answer = () => ({
    status: 401,
    headers: { 'WWW-Authenticate': `Digest realm="r", nonce="${nonces++}", stale=true, qop="auth"` },
  });
  await rig.start();
  t.equal(rig.far.take().length, 3);
  t.same(rig.takeTold(), ['failed credentials 401 300']);
});

t.test('423: the same again for longer, and remembered (§10.2.8)', async t => {
  const rig = new Rig({ expiresS: 60 });
  rig.far.answer = ({ headers }) =>
    Number(headers.get('expires')) < 600
      ? { status: 423, headers: { 'Min-Expires': '600' } }
      : { status: 200 };
  await rig.start();
  t.same(rig.takeTold(), ['registered 600']);
  await rig.far.turn(480_000);
  t.same(
    rig.far.take().map(({ headers }) => headers.get('expires')),
    ['60', '600', '600'],
  );
  for (const least of ['', '60', '4294967295', '99999999999999999999', 'x']) {
    const odd = new Rig({ expiresS: 60 });
    odd.far.answer = () => ({ status: 423, headers: { 'Min-Expires': least } });
    await odd.start();
    t.same(odd.takeTold(), ['failed refused 423 300'], least);
    t.equal(odd.far.take().length, 1);
  }
});

t.test('a registrar that raises Min-Expires each time is given up', async t => {
  const rig = new Rig({ expiresS: 60 });
  rig.far.answer = ({ headers }) => ({
    status: 423,
    headers: { 'Min-Expires': String(Number(headers.get('expires')) + 1) },
  });
  await rig.start();
  t.equal(rig.far.take().length, REGISTRATION_LIMITS.requestsPerHop);
  t.same(rig.takeTold(), ['failed refused undefined 300']);
});

t.test('redirections are followed a few times, and never from SIPS to SIP', async t => {
  const rig = new Rig();
  rig.resolver.hosts({ 'other.example': '192.0.2.77' });
  rig.far.answer = ({ uri }) =>
    uri.kind === 'sip' && uri.host === 'other.example'
      ? { status: 200 }
      : { status: 302, contacts: ['<tel:+1>', '<sip:u:p@other.example;transport=tcp?X=y>'] };
  await rig.start();
  const last = rig.far.received.at(-1);
  t.equal(last && formatUri(last.request.uri), 'sip:other.example;transport=tcp');
  t.match(last?.hop, { protocol: 'TCP', address: '192.0.2.77' });
  t.same(rig.takeTold(), ['registered 3600']);

  const circle = new Rig();
  circle.far.answer = () => ({ status: 301, contacts: ['<sip:registrar.example>'] });
  await circle.start();
  t.equal(circle.far.take().length, 1 + REGISTRATION_LIMITS.redirections);
  t.same(circle.takeTold(), ['failed refused undefined 300']);

  const nowhere = new Rig();
  nowhere.far.answer = () => ({ status: 302 });
  await nowhere.start();
  t.same(nowhere.takeTold(), ['failed refused 302 300']);

  const secure = new Rig({ registrar: sipUri('sips:registrar.example') });
  secure.far.answer = () => ({ status: 302, contacts: ['<sip:registrar.example>'] });
  await secure.start();
  t.same(
    secure.far.received.map(({ hop }) => hop.protocol),
    ['TLS'],
  );
  t.same(secure.takeTold(), ['failed refused 302 300']);
});

t.test('a nonce of one registrar is not told to another', async t => {
  const rig = new Rig();
  rig.resolver.hosts({ 'other.example': '192.0.2.77' });
  rig.far.answer = ({ headers }, hop) => {
    if (hop.address === '192.0.2.77') return { status: 200 };
    return headers.has('authorization') ? { status: 302, contacts: ['<sip:other.example>'] } : CHALLENGE;
  };
  await rig.start();
  t.notOk(rig.far.take().at(-1)?.headers.has('authorization'));
});

t.test('hops are tried in turn: silence, nobody there, 503, 408', async t => {
  const rig = new Rig();
  rig.resolver.services(
    '_sip._udp.registrar.example',
    ...[1, 2, 3, 4, 5].map(n => [n, 0, 5060, `h${n}.example`] as [number, number, number, string]),
  );
  for (let n = 1; n <= 5; n += 1) rig.resolver.hosts({ [`h${n}.example`]: `192.0.2.${n}` });
  const outcomes = ['silence', 'unreachable', { status: 503 }, { status: 408 }, { status: 200 }] as const;
  rig.far.answer = (_request, hop) => outcomes[Number(hop.address.at(-1)) - 1] ?? 'silence';
  await rig.start();
  t.same(rig.takeTold(), []);
  await rig.far.turn(32_000);
  t.same(rig.takeTold(), ['registered 3600']);
  t.same(
    rig.far.received.map(({ hop }) => hop.address.at(-1)),
    ['1', '2', '3', '4', '5'],
  );
  rig.far.received.length = 0;
  await rig.far.turn(2_880_000);
  t.same(
    rig.far.received.map(({ hop }) => hop.address),
    ['192.0.2.5'],
    'the one with the binding is kept to',
  );
});

t.test('failures wait longer and longer, and as long as Retry-After says', async t => {
  const rig = new Rig();
  rig.far.answer = () => 'unreachable';
  await rig.start();
  const waits: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    waits.push(...rig.takeTold());
    await rig.far.turn(1_800_000);
  }
  const most = REGISTRATION_LIMITS.mostWaitMs / 2000;
  t.same(
    waits.slice(0, 3),
    [30, 60, 120].map(s => `failed unavailable undefined ${s}`),
  );
  t.equal(waits.at(-1), `failed unavailable undefined ${most}`);

  const overloaded = new Rig();
  overloaded.far.answer = () => ({ status: 503, headers: { 'Retry-After': '500 (maintenance);duration=9' } });
  await overloaded.start();
  t.same(overloaded.takeTold(), ['failed unavailable 503 500']);
  overloaded.far.answer = () => ({ status: 503, headers: { 'Retry-After': '99999999' } });
  await overloaded.far.turn(500_000);
  t.same(overloaded.takeTold(), [`failed unavailable 503 ${REGISTRATION_LIMITS.mostRetryAfterS}`]);
  overloaded.far.answer = () => ({ status: 200 });
  await overloaded.far.turn(3_600_000);
  overloaded.far.answer = () => 'unreachable';
  await overloaded.far.turn(2_880_000);
  t.same(overloaded.takeTold(), ['registered 3600', 'failed unavailable undefined 30'], 'success forgets');
});

t.test('refusals wait long, troubles of the registrar do not', async t => {
  for (const [status, waitS] of [
    [403, 300],
    [404, 300],
    [603, 300],
    [500, 30],
    [504, 30],
  ] as const) {
    const rig = new Rig();
    rig.far.answer = () => ({ status });
    await rig.start();
    t.same(rig.takeTold(), [`failed refused ${status} ${waitS}`]);
  }
});

t.test('a binding outlives a refresh that fails, up to its time', async t => {
  const rig = new Rig({ expiresS: 1000 });
  await rig.start();
  rig.far.answer = () => 'unreachable';
  await rig.far.turn(800_000);
  t.same(rig.takeTold(), ['registered 1000', 'failed unavailable undefined 30']);
  t.ok(rig.registration.binding);
  rig.far.answer = () => ({ status: 503 });
  await rig.far.turn(200_000);
  t.equal(rig.registration.binding, undefined);
});

t.test('a name that leads nowhere', async t => {
  const rig = new Rig({ registrar: sipUri('sip:absent.example') });
  await rig.start();
  t.same(rig.takeTold(), ['failed notFound undefined 30']);
  t.equal(rig.far.received.length, 0);
});

t.test('by way of an outbound proxy', async t => {
  const rig = new Rig({ routes: [address('<sip:proxy.example;lr>')] });
  rig.resolver.hosts({ 'proxy.example': '192.0.2.50' });
  await rig.start();
  t.match(rig.far.received, [
    {
      hop: { address: '192.0.2.50' },
      request: { uri: { host: 'registrar.example' }, routes: [{ uri: { host: 'proxy.example' } }] },
    },
  ]);
});

t.test('the contact says by which transport', async t => {
  const rig = new Rig({ registrar: sipUri('sip:registrar.example;transport=tcp') });
  rig.far.answer = request => ({ status: 200, contacts: [contactOf(request, 60)] });
  await rig.start();
  const [request] = rig.far.take();
  t.equal(request && contactOf(request), '<sip:4930123@192.0.2.99:5060;transport=tcp>');
  t.same(rig.takeTold(), ['registered 60']);
});

t.test('Service-Route is kept for outbound requests (RFC 3608)', async t => {
  const routesFor = async (...values: string[]): Promise<string[]> => {
    const rig = new Rig();
    rig.far.answer = () => ({
      status: 200,
      headers: { 'Service-Route': values, Path: '<sip:p1.example;lr>', 'P-Associated-URI': '<sip:+1@x>' },
    });
    await rig.start();
    return (rig.registration.binding?.serviceRoutes ?? []).map(formatNameAddr);
  };
  t.same(await routesFor('<sip:a.example;lr>, <sip:b.example;lr>', '<sip:c.example;lr>'), [
    '<sip:a.example;lr>',
    '<sip:b.example;lr>',
    '<sip:c.example;lr>',
  ]);
  t.same(await routesFor('<sip:a.example;lr>', '<sip:strict.example>'), [], 'a strict one');
  t.same(await routesFor('garbage"'), []);
  t.same(await routesFor('<tel:+1>'), []);
  const many = Array.from({ length: REGISTRATION_LIMITS.serviceRoutes + 1 }, () => '<sip:a.example;lr>');
  t.same(await routesFor(...many), []);
});
