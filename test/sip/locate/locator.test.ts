import t from 'tap';
import { LOCATE_LIMITS } from '../../../sip/locate/limits.ts';
import { Locator, type LocatorOptions } from '../../../sip/locate/locator.ts';
import { parseUri, type Uri } from '../../../sip/message/uri.ts';
import type { Hop } from '../../../sip/transport/transport.ts';
import { HandClock } from '../transport/hand_clock.ts';
import { HandResolver } from './hand_resolver.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(`no URI: ${text}`);
  return parsed;
}

function written({ protocol, address, port }: Hop): string {
  return `${protocol} ${address} ${port}`;
}

/** A locator that draws 0 whenever it draws, what it asks, and how its hops look. */
function rig(resolver = new HandResolver(), options: Omit<LocatorOptions, 'resolver' | 'clock'> = {}) {
  const clock = new HandClock();
  const locator = new Locator({ random: () => 0, ...options, resolver, clock });
  const located = async (text: string): Promise<readonly string[] | string> => {
    const hops = await locator.locate(uri(text));
    return typeof hops === 'string' ? hops : hops.map(written);
  };
  return { clock, locator, resolver, located };
}

/** The example of RFC 3263 §4.1 and §4.2, with addresses. */
function exampleOfRfc(): HandResolver {
  return new HandResolver()
    .pointers(
      'example.com',
      [50, 50, 'SIPS+D2T', '_sips._tcp.example.com'],
      [90, 50, 'SIP+D2T', '_sip._tcp.example.com'],
      [100, 50, 'SIP+D2U', '_sip._udp.example.com'],
    )
    .services(
      '_sips._tcp.example.com',
      [0, 1, 5061, 'server1.example.com'],
      [0, 2, 5061, 'server2.example.com'],
    )
    .services(
      '_sip._tcp.example.com',
      [0, 1, 5060, 'server1.example.com'],
      [0, 2, 5060, 'server2.example.com'],
    )
    .services(
      '_sip._udp.example.com',
      [1, 1, 5060, 'server2.example.com'],
      [0, 1, 5060, 'server1.example.com'],
    )
    .hosts({ 'server1.example.com': '192.0.2.1', 'server2.example.com': '192.0.2.2' });
}

t.test('numeric targets need no name server (RFC 3263 §4.1, §4.2)', async t => {
  const { located, resolver } = rig(new HandResolver(), {
    families: [4, 6],
    protocols: ['UDP', 'TCP', 'TLS'],
  });
  const cases: [uri: string, hop: string][] = [
    ['sip:192.0.2.1', 'UDP 192.0.2.1 5060'],
    ['sip:192.0.2.1:5070', 'UDP 192.0.2.1 5070'],
    ['sip:192.0.2.1;transport=tcp', 'TCP 192.0.2.1 5060'],
    ['sip:192.0.2.1;transport=TLS', 'TLS 192.0.2.1 5061'],
    ['sips:192.0.2.1', 'TLS 192.0.2.1 5061'],
    ['sips:192.0.2.1;transport=tcp', 'TLS 192.0.2.1 5061'],
    ['sip:bob@[2001:db8::1]', 'UDP 2001:db8::1 5060'],
    ['sip:example.com;maddr=192.0.2.9', 'UDP 192.0.2.9 5060'],
  ];
  for (const [text, hop] of cases) t.same(await located(text), [hop], text);
  t.same(resolver.asked, []);
});

t.test('what no request can be sent by', async t => {
  const { located } = rig();
  t.equal(await located('tel:+15550100'), 'notSip');
  t.equal(await located('sips:192.0.2.1'), 'noTransport');
  t.equal(await located('sip:192.0.2.1;transport=tls'), 'noTransport');
  t.equal(await located('sip:192.0.2.1;transport=sctp'), 'noTransport');
  t.equal(await located('sips:192.0.2.1;transport=udp'), 'noTransport');
  t.equal(await located('sip:[2001:db8::1]'), 'notFound', 'no listener of that family');
  t.same(await rig(new HandResolver(), { protocols: ['TCP'] }).located('sip:192.0.2.1'), [
    'TCP 192.0.2.1 5060',
  ]);
});

t.test('a port leaves nothing to services', async t => {
  const { located, resolver } = rig(exampleOfRfc());
  t.same(await located('sip:server1.example.com:5080'), ['UDP 192.0.2.1 5080']);
  t.same(resolver.asked, ['A server1.example.com']);
});

t.test('NAPTR, SRV and addresses', async t => {
  const tcpFirst = ['TCP 192.0.2.1 5060', 'TCP 192.0.2.2 5060', 'UDP 192.0.2.1 5060', 'UDP 192.0.2.2 5060'];
  t.same(await rig(exampleOfRfc()).located('sip:bob@Example.COM.'), tcpFirst);
  const withTls = rig(exampleOfRfc(), { protocols: ['UDP', 'TCP', 'TLS'] });
  t.same((await withTls.located('sip:example.com')).slice(0, 2), [
    'TLS 192.0.2.1 5061',
    'TLS 192.0.2.2 5061',
  ]);
  t.same(await withTls.located('sips:example.com'), ['TLS 192.0.2.1 5061', 'TLS 192.0.2.2 5061']);
});

t.test('a transport that is named is looked for alone', async t => {
  const { located, resolver } = rig(exampleOfRfc());
  t.same(await located('sip:example.com;transport=udp'), ['UDP 192.0.2.1 5060', 'UDP 192.0.2.2 5060']);
  t.equal(resolver.asked[0], 'SRV _sip._udp.example.com');
  t.notOk(resolver.asked.some(question => question.startsWith('NAPTR')));
});

t.test('without NAPTR the usual services, without SRV the host itself', async t => {
  const services = new HandResolver()
    .services('_sip._tcp.a.example', [0, 0, 5090, 'x.a.example'])
    .hosts({ 'x.a.example': '192.0.2.7', 'b.example': '192.0.2.8' });
  const { located } = rig(services);
  t.same(await located('sip:a.example'), ['TCP 192.0.2.7 5090']);
  t.same(await located('sip:b.example'), ['UDP 192.0.2.8 5060']);
  t.same(await located('sip:b.example;transport=tcp'), ['TCP 192.0.2.8 5060']);
  t.equal(await located('sip:c.example'), 'notFound');
});

t.test('both families, as this end prefers them', async t => {
  const resolver = new HandResolver();
  resolver.addressRecords.set('a.example', [
    { address: '192.0.2.1', ttlS: 60 },
    { address: '2001:db8::1', ttlS: 60 },
  ]);
  t.same(await rig(resolver, { families: [6, 4] }).located('sip:a.example'), [
    'UDP 2001:db8::1 5060',
    'UDP 192.0.2.1 5060',
  ]);
  t.same(await rig(resolver).located('sip:a.example'), ['UDP 192.0.2.1 5060']);
});

t.test('answers are kept for their time to live', async t => {
  const { clock, located, resolver } = rig(new HandResolver().hosts({ 'a.example': '192.0.2.1' }, 120));
  const questions = async (): Promise<string[]> => {
    await located('sip:a.example');
    return resolver.asked.splice(0);
  };
  const all = ['NAPTR a.example', 'SRV _sip._udp.a.example', 'SRV _sip._tcp.a.example', 'A a.example'];
  t.same(await questions(), all);
  clock.turn(29_000);
  t.same(await questions(), []);
  clock.turn(2_000);
  t.same(await questions(), all.slice(0, 3), 'that there is nothing is kept for half a minute');
  resolver.hosts({ 'a.example': '192.0.2.2' }, 0);
  clock.turn(90_000);
  t.same(await located('sip:a.example'), ['UDP 192.0.2.2 5060']);
  resolver.asked.length = 0;
  clock.turn(900);
  t.same(await questions(), [], 'no time to live is a second');
  clock.turn(200);
  t.same(await questions(), ['A a.example']);
});

t.test('equal questions at once are one', async t => {
  const { located, resolver } = rig(new HandResolver().hosts({ 'a.example': '192.0.2.1' }));
  await Promise.all(Array.from({ length: 50 }, () => located('sip:a.example:5060')));
  t.same(resolver.asked, ['A a.example']);
});

t.test('a name server that does not answer, or fails', async t => {
  const { clock, located, resolver } = rig(new HandResolver().hosts({ 'a.example': '192.0.2.1' }));
  resolver.refused.add('a.example');
  t.equal(await located('sip:a.example:5060'), 'unanswered');
  resolver.refused.clear();
  t.equal(await located('sip:a.example:5060'), 'unanswered', 'kept for a moment');
  clock.turn(1000 * LOCATE_LIMITS.unansweredTtlS + 1);
  t.same(await located('sip:a.example:5060'), ['UDP 192.0.2.1 5060']);

  resolver.silent.add('b.example');
  const waiting = located('sip:b.example:5060');
  clock.turn(LOCATE_LIMITS.answerMs);
  t.equal(await waiting, 'unanswered');

  resolver.refused.add('_sip._udp.a.example').add('_sip._tcp.a.example');
  t.same(await located('sip:a.example'), ['UDP 192.0.2.1 5060'], 'services may go unanswered');
});

t.test('a hop that failed comes last until its time is over', async t => {
  const { clock, locator, located } = rig(exampleOfRfc());
  const [first, second] = ['UDP 192.0.2.1 5060', 'UDP 192.0.2.2 5060'];
  const hop: Hop = { protocol: 'UDP', address: '192.0.2.1', port: 5060 };
  const text = 'sip:example.com;transport=udp';
  locator.failed(hop);
  t.same(await located(text), [second, first]);
  clock.turn(LOCATE_LIMITS.failedHopMs);
  t.same(await located(text), [first, second]);
  locator.failed(hop);
  locator.answered(hop);
  t.same(await located(text), [first, second]);
});

t.test('a service that is refused is not looked for elsewhere', async t => {
  for (const refusal of ['', '.']) {
    const resolver = new HandResolver().hosts({ 'a.example': '192.0.2.1' });
    resolver.services('_sip._udp.a.example', [0, 0, 0, refusal]);
    t.equal(await rig(resolver).located('sip:a.example;transport=udp'), 'notFound');
  }
});
