import t from 'tap';
import { isDestination } from '../../../sip/locate/destination.ts';
import { LOCATE_LIMITS } from '../../../sip/locate/limits.ts';
import { Locator } from '../../../sip/locate/locator.ts';
import { isLookedUp } from '../../../sip/locate/service_choice.ts';
import { parseUri } from '../../../sip/message/uri.ts';
import { HandClock } from '../transport/hand_clock.ts';
import { HandResolver } from './hand_resolver.ts';

async function locate(resolver: HandResolver, text: string) {
  const uri = parseUri(text);
  if (uri === undefined) throw new Error(`no URI: ${text}`);
  return new Locator({ resolver, clock: new HandClock(), random: () => 0.5 }).locate(uri);
}

function numbered<Value>(count: number, make: (n: number) => Value): Value[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

t.test('thousands of records cost no more than a few', async t => {
  const resolver = new HandResolver();
  const many = 5_000;
  resolver.pointers(
    'big.example',
    ...numbered(many, n => [n, 0, 'SIP+D2U', `_sip._udp.s${n}.example`] as [number, number, string, string]),
  );
  for (let n = 0; n < 40; n += 1)
    resolver.services(
      `_sip._udp.s${n}.example`,
      ...numbered(many, at => [at % 7, at % 100, 5060, `h${at}.example`] as [number, number, number, string]),
    );
  for (let n = 0; n < many; n += 1)
    resolver.addressRecords.set(
      `h${n}.example`,
      numbered(1_000, at => ({ address: `192.0.${n % 256}.${at % 256}`, ttlS: 60 })),
    );
  const hops = await locate(resolver, 'sip:big.example');
  t.ok(typeof hops !== 'string');
  t.equal(hops.length, LOCATE_LIMITS.hops);
  const { naptrRecords, servers } = LOCATE_LIMITS;
  t.ok(resolver.asked.length <= 1 + naptrRecords + servers, `${resolver.asked.length} questions`);
});

t.test('records that lead in circles end', async t => {
  const resolver = new HandResolver()
    .pointers('loop.example', [1, 1, 'SIP+D2U', 'loop.example'], [2, 1, 'SIP+D2T', '_sip._tcp.loop.example'])
    .services('loop.example', [0, 0, 5060, 'loop.example'])
    .services('_sip._tcp.loop.example', [0, 0, 5060, '_sip._tcp.loop.example']);
  t.equal(await locate(resolver, 'sip:loop.example'), 'notFound');
  t.ok(resolver.asked.length <= 6);
});

t.test('records without sense are left out', async t => {
  const resolver = new HandResolver().hosts({ 'good.example': '192.0.2.1' });
  const pointers = { order: 1, preference: 1, service: 'SIP+D2U', replacement: '_sip._udp.evil.example' };
  resolver.naptrRecords.set('a.example', [
    { ...pointers, flags: 'u', regexp: '!^.*$!sip:x@evil.example!' },
    { ...pointers, flags: '', regexp: '' },
    { ...pointers, flags: 's', regexp: '', service: 'SIP+D2S' },
    { ...pointers, flags: 's', regexp: '', replacement: 'a b\r\nX: y' },
    { ...pointers, flags: 's', regexp: '', replacement: `${'x'.repeat(64)}.example` },
  ]);
  resolver.services(
    '_sip._udp.a.example',
    [0, 0, 0, 'good.example'],
    [0, 0, 70_000, 'good.example'],
    [0, 0, 5060, '../etc/hosts'],
    [0, 0, 5060, 'x'.repeat(300)],
    [1, Number.MAX_SAFE_INTEGER, 5060, 'good.example'],
    [1, 0, 5060, '127.1'],
  );
  t.same(await locate(resolver, 'sip:a.example'), [{ protocol: 'UDP', address: '192.0.2.1', port: 5060 }]);
  t.notOk(
    resolver.asked.some(question => /evil|hosts|127/.test(question)),
    'and lead to no question',
  );
});

t.test('addresses that no single host has', async t => {
  const resolver = new HandResolver();
  const bad = [
    '0.0.0.0',
    '224.0.1.75',
    '255.255.255.255',
    '240.0.0.1',
    '::',
    'ff02::1',
    'fe80::1',
    '::ffff:192.0.2.1',
  ];
  for (const address of [...bad, 'fe80::1%eth0', '2001:db8::1%1', '', '192.0.2', 'localhost', '1.2.3.4\r\n'])
    t.equal(isDestination(address), false, address);
  for (const address of [
    '10.0.0.1',
    '127.0.0.1',
    '192.168.1.1',
    '169.254.1.1',
    'fd00::1',
    '::1',
    '2001:db8::1',
  ])
    t.equal(isDestination(address), true, address);
  resolver.addressRecords.set(
    'a.example',
    [...bad, '192.0.2.1', 'evil.example'].map(address => ({ address, ttlS: -5 })),
  );
  t.same(await locate(resolver, 'sip:a.example:5060'), [
    { protocol: 'UDP', address: '192.0.2.1', port: 5060 },
  ]);
  t.equal(await locate(resolver, 'sip:0.0.0.0'), 'notFound');
  t.equal(await locate(resolver, 'sip:x@a.example;maddr=224.0.1.75'), 'notFound');
});

t.test('what is no name is not asked for', async t => {
  const odd = [
    '',
    '.',
    'a..b',
    'a b',
    '127.1',
    '2130706433',
    '0x7f000001',
    'a.0x7f',
    'ü.example',
    'x'.repeat(64),
  ];
  for (const name of [...odd, `${'a.'.repeat(130)}b`]) t.equal(isLookedUp(name), false, name);
  for (const name of ['a', 'a.example', '_sip._udp.a.example', '3com.example', 'xn--bcher-kva.example'])
    t.equal(isLookedUp(name), true, name);
  const resolver = new HandResolver();
  t.equal(await locate(resolver, 'sip:2130706433'), 'notFound');
  t.equal(await locate(resolver, 'sip:a.example;maddr=%0d%0a'), 'notFound');
  t.same(resolver.asked, []);
});

t.test('a flood of names is bounded: in what is asked at once, and in what is kept', async t => {
  const resolver = new HandResolver();
  const clock = new HandClock();
  const locator = new Locator({ resolver, clock });
  const names = numbered(LOCATE_LIMITS.questions + 100, n => `n${n}.example`);
  for (const name of names) resolver.silent.add(name);
  const flood = names.map(name => locator.locate({ ...uriOf(name), port: 5060 }));
  await Promise.resolve();
  t.equal(resolver.asked.length, LOCATE_LIMITS.questions);
  clock.turn(LOCATE_LIMITS.answerMs);
  t.ok((await Promise.all(flood)).every(answer => answer === 'unanswered'));
  t.equal(clock.waiting, 0);

  resolver.asked.length = 0;
  const more = numbered(LOCATE_LIMITS.keptNames + 1, n => uriOf(`m${n}.example`));
  for (const uri of more) await locator.locate({ ...uri, port: 5060 });
  await locator.locate({ ...uriOf('m1.example'), port: 5060 });
  t.equal(resolver.asked.length, more.length, 'the second is still known');
  await locator.locate({ ...uriOf('m0.example'), port: 5060 });
  t.equal(resolver.asked.at(-1), 'A m0.example', 'the first is forgotten');
});

t.test('a flood of failed hops is bounded', async t => {
  const locator = new Locator({ resolver: new HandResolver(), clock: new HandClock() });
  for (let n = 0; n < 5 * LOCATE_LIMITS.failedHops; n += 1)
    locator.failed({ protocol: 'UDP', address: '192.0.2.1', port: n });
  t.same(await locator.locate(uriOf('192.0.2.1')), [{ protocol: 'UDP', address: '192.0.2.1', port: 5060 }]);
});

t.test('where it has led is remembered, up to a number', async t => {
  const locator = new Locator({ resolver: new HandResolver(), clock: new HandClock() });
  t.equal(locator.hasLedTo('10.0.0.0'), false);
  for (let n = 0; n < LOCATE_LIMITS.knownAddresses; n += 1)
    await locator.locate(uriOf(`10.0.${n >> 8}.${n & 255}`));
  await locator.locate(uriOf('10.0.0.0'));
  t.equal(locator.hasLedTo('10.0.0.0'), true);
  await locator.locate(uriOf('192.0.2.1'));
  t.equal(locator.hasLedTo('192.0.2.1'), true);
  t.equal(locator.hasLedTo('10.0.0.0'), true, 'led to again a moment ago');
  t.equal(locator.hasLedTo('10.0.0.1'), false, 'the one longest ago is forgotten');
});

function uriOf(host: string) {
  return { kind: 'sip', scheme: 'sip', host, params: [], headers: [] } as const;
}
