import t from 'tap';
import { Locator } from '../../../sip/locate/locator.ts';
import { SystemResolver } from '../../../sip/locate/resolver.ts';
import { parseUri, type Uri } from '../../../sip/message/uri.ts';
import { aRecord, nameServer, naptrRecord, srvRecord } from './dns_server.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(`no URI: ${text}`);
  return parsed;
}

t.test('through a real name server: NAPTR, SRV, addresses with their time to live', async t => {
  const server = await nameServer(t, {
    'NAPTR voice.example': [naptrRecord(10, 5, 'SIP+D2T', '_sip._tcp.voice.example')],
    'SRV _sip._tcp.voice.example': [
      srvRecord(20, 0, 5070, 'spare.voice.example'),
      srvRecord(10, 0, 5060, 'sbc.voice.example'),
    ],
    'A sbc.voice.example': [aRecord('192.0.2.10'), aRecord('192.0.2.11')],
    'A spare.voice.example': [aRecord('192.0.2.20')],
  });
  const resolver = new SystemResolver([server]);
  t.same(
    (await resolver.addresses('sbc.voice.example', 4)).map(({ ttlS }) => ttlS),
    [300, 300],
  );
  const hops = await new Locator({ resolver }).locate(uri('sip:voice.example'));
  if (typeof hops === 'string') throw new Error(hops);
  t.same(
    hops.map(({ protocol, port }) => `${protocol} ${port}`),
    ['TCP 5060', 'TCP 5060', 'TCP 5070'],
  );
  t.same(
    hops.map(({ address }) => address).toSorted((a, b) => a.localeCompare(b)),
    ['192.0.2.10', '192.0.2.11', '192.0.2.20'],
  );
});

t.test('names that are not there have nothing; refusals and garbage are no answer', async t => {
  const server = await nameServer(t, {
    'SRV refused.example': 'refuse',
    'SRV garbage.example': 'garbage',
    'NAPTR refused.example': 'refuse',
  });
  const resolver = new SystemResolver([server]);
  t.same(await resolver.srv('absent.example'), []);
  t.same(await resolver.naptr('absent.example'), []);
  await t.rejects(resolver.srv('refused.example'));
  await t.rejects(resolver.naptr('refused.example'));
  await t.rejects(resolver.srv('garbage.example'));
});

t.test('the hosts file is known too', async t => {
  const server = await nameServer(t, {});
  const locator = new Locator({ resolver: new SystemResolver([server]) });
  t.same(await locator.locate(uri('sip:localhost:5070')), [
    { protocol: 'UDP', address: '127.0.0.1', port: 5070 },
  ]);
});
