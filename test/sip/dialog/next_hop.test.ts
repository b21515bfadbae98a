import t from 'tap';
import { hopsTo } from '../../../sip/dialog/next_hop.ts';
import type { Hop, Protocol } from '../../../sip/transport/transport.ts';
import { address } from '../transport/requests.ts';

function hops(uri: string, protocol: Protocol = 'UDP', known = '192.0.2.1:40000'): string[] {
  const [host = '', port = ''] = known.split(':');
  const hop: Hop = { protocol, address: host, port: Number(port) };
  return hopsTo(address(`<${uri}>`).uri, hop).map(
    ({ address: to, port: at, protocol: by }) => `${by} ${to} ${at}`,
  );
}

t.test('an address is gone to as it stands', t => {
  t.same(hops('sip:a@192.0.2.7'), ['UDP 192.0.2.7 5060']);
  t.same(hops('sip:a@192.0.2.7:5070;transport=TCP'), ['TCP 192.0.2.7 5070']);
  t.same(hops('sips:a@192.0.2.7'), ['TLS 192.0.2.7 5061']);
  t.same(hops('sip:a@192.0.2.7;transport=tls'), ['TLS 192.0.2.7 5061']);
  t.same(hops('sip:a@[2001:db8::7]:5062'), ['UDP 2001:db8::7 5062']);
  t.same(hops('sip:a@192.0.2.1', 'UDP'), ['UDP 192.0.2.1 5060']);
  t.same(hops('sip:a@192.0.2.7', 'TCP'), ['UDP 192.0.2.7 5060'], 'RFC 3263 §4.1: UDP where nothing is said');
  t.end();
});

t.test('an open connection to the same address goes first', t => {
  t.same(hops('sip:a@192.0.2.1', 'TCP'), ['TCP 192.0.2.1 40000', 'TCP 192.0.2.1 5060']);
  t.same(hops('sip:a@192.0.2.1:40000;transport=tcp', 'TCP'), ['TCP 192.0.2.1 40000']);
  t.same(hops('sip:a@192.0.2.1;transport=udp', 'TCP'), ['UDP 192.0.2.1 5060']);
  t.end();
});

t.test('a private address behind a public one stands for where the dialog came by', t => {
  const inner = [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.5',
    '100.64.0.1',
    '169.254.0.9',
    '127.0.0.1',
  ];
  for (const host of [...inner, '[fd00::5]', '[fe80::1]', '[::1]'])
    t.same(hops(`sip:a@${host}:5070`), ['UDP 192.0.2.1 40000'], host);
  t.same(hops('sip:a@192.168.1.5;transport=tcp', 'TCP'), ['TCP 192.0.2.1 40000'], 'by its open connection');
  for (const host of ['172.32.0.1', '100.128.0.1', '11.0.0.1', '[2001:db8::7]'])
    t.same(hops(`sip:a@${host}`), [`UDP ${host.replace(/[[\]]/g, '')} 5060`], host);
  t.same(hops('sip:a@192.168.1.5', 'UDP', '10.0.0.1:5060'), ['UDP 192.168.1.5 5060'], 'inside a network');
  t.end();
});

t.test('a name, and what is no SIP, stands for where the dialog came by', t => {
  for (const uri of ['sip:a@gateway.example.com:5099', 'tel:+49301234', 'http://x/', 'sip:a@1.2.3'])
    t.same(hops(uri), ['UDP 192.0.2.1 40000'], uri);
  t.same(hops('sip:gateway.example.com', 'TCP'), ['TCP 192.0.2.1 40000', 'TCP 192.0.2.1 5060']);
  t.same(
    hops('sip:gateway.example.com:5070;transport=tcp'),
    ['TCP 192.0.2.1 5070'],
    'by the protocol that it asks for',
  );
  t.end();
});
