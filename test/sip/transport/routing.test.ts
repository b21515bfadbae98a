import t from 'tap';
import { formatVia, parseVia } from '../../../sip/message/via.ts';
import { plainAddress, responseTarget, withSource } from '../../../sip/transport/routing.ts';
import { SourceCounters } from '../../../sip/transport/source_counters.ts';
import type { Flow } from '../../../sip/transport/transport.ts';
import { HandClock } from './hand_clock.ts';

const UDP: Flow = {
  protocol: 'UDP',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '198.51.100.9', port: 40_000 },
};

function via(text: string) {
  const parsed = parseVia(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

t.test('received and rport (RFC 3261 §18.2.1, RFC 3581 §4)', async t => {
  for (const [sent, stamped] of [
    ['SIP/2.0/UDP 198.51.100.9:5060', 'SIP/2.0/UDP 198.51.100.9:5060'],
    ['SIP/2.0/UDP 10.0.0.1', 'SIP/2.0/UDP 10.0.0.1;received=198.51.100.9'],
    ['SIP/2.0/UDP pbx.example.com', 'SIP/2.0/UDP pbx.example.com;received=198.51.100.9'],
    ['SIP/2.0/UDP 198.51.100.9;rport', 'SIP/2.0/UDP 198.51.100.9;rport=40000;received=198.51.100.9'],
    ['SIP/2.0/UDP 198.51.100.9;received=203.0.113.5', 'SIP/2.0/UDP 198.51.100.9;received=198.51.100.9'],
    [
      'SIP/2.0/UDP 10.0.0.1;received=203.0.113.5;rport=1',
      'SIP/2.0/UDP 10.0.0.1;received=198.51.100.9;rport=40000',
    ],
  ] as const)
    t.equal(formatVia(withSource(via(sent), UDP)), stamped);
});

t.test('where a response goes (RFC 3261 §18.2.2)', async t => {
  const tcp: Flow = { ...UDP, protocol: 'TCP', connection: 1 };
  for (const [text, flow, target] of [
    ['SIP/2.0/UDP 10.0.0.1;rport=40000;received=198.51.100.9', UDP, ['198.51.100.9', 40_000]],
    ['SIP/2.0/UDP 10.0.0.1:5090;received=198.51.100.9', UDP, ['198.51.100.9', 5090]],
    ['SIP/2.0/UDP 10.0.0.1;received=198.51.100.9', UDP, ['198.51.100.9', 5060]],
    ['SIP/2.0/UDP 198.51.100.9:5070', UDP, ['198.51.100.9', 5070]],
    ['SIP/2.0/UDP [2001:db8::9]:5070', UDP, ['2001:db8::9', 5070]],
    ['SIP/2.0/TCP 10.0.0.1:5090;rport=40000;received=198.51.100.9', tcp, ['198.51.100.9', 5090]],
    ['SIP/2.0/UDP 198.51.100.9;maddr=203.0.113.77', UDP, ['198.51.100.9', 5060]],
    ['SIP/2.0/UDP nowhere.example.com:5070', UDP, ['198.51.100.9', 5070]],
  ] as const) {
    const { address, port } = responseTarget(via(text), flow);
    t.same([address, port], target, text);
  }
});

t.test('addresses in their plain spelling', async t => {
  t.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  t.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
});

t.test('counts by address and second, of so many addresses', async t => {
  const clock = new HandClock();
  const counters = new SourceCounters(clock, 2);
  counters.count('a', 'messages');
  counters.count('a', 'noise');
  t.match(counters.of('a'), { messages: 1, noise: 1, thisSecond: 2, lastSecond: 0 });
  clock.turn(1_500);
  counters.count('a', 'rejected');
  t.match(counters.of('a'), { rejected: 1, thisSecond: 1, lastSecond: 2 });
  clock.turn(600);
  counters.count('a', 'messages');
  t.match(counters.of('a'), { thisSecond: 1, lastSecond: 1 });
  clock.turn(10_000);
  counters.count('a', 'messages');
  t.match(counters.of('a'), { thisSecond: 1, lastSecond: 0, messages: 3 });
  counters.count('b', 'noise');
  counters.count('a', 'noise');
  counters.count('c', 'noise');
  t.equal(counters.of('b'), undefined, 'the one longest silent is forgotten');
  t.equal(counters.size, 2);
});
