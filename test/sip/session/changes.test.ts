import t from 'tap';
import { glareWaitMs, retryAfterMs } from '../../../sip/session/glare.ts';
import { established, isClean, mediaAt, respond, seeded } from './session_rig.ts';

t.test('hold and resume from either side', t => {
  const { network, alice, bob, outbound, inbound } = established();
  outbound.hold();
  network.run();
  t.same(alice.take(), ['changed sendonly']);
  t.same(bob.take(), ['changed recvonly held']);
  t.same(network.take(), ['alice INVITE', 'bob 200 INVITE', 'alice ACK']);
  outbound.resume();
  network.run();
  t.same(alice.take(), ['changed sendrecv']);
  t.same(bob.take(), ['changed sendrecv']);
  inbound.hold();
  network.run();
  t.same(bob.take(), ['changed sendonly']);
  t.same(alice.take(), ['changed recvonly held']);
  inbound.resume();
  network.run();
  t.equal(inbound.stream?.direction, 'sendrecv');
  network.run(60_000);
  t.equal(network.take().filter(one => one.includes('INVITE')).length, 6, 'nothing is sent twice');
  t.end();
});

t.test('both hold: inactive, until both resume', t => {
  const { network, alice, bob, outbound, inbound } = established();
  outbound.hold();
  network.run();
  inbound.hold();
  network.run();
  t.same(alice.take(), ['changed sendonly', 'changed inactive held']);
  t.same(bob.take(), ['changed recvonly held', 'changed inactive held']);
  outbound.resume();
  network.run();
  t.same(alice.take(), ['changed recvonly held']);
  t.same(bob.take(), ['changed sendonly'], 'who held first hears again');
  inbound.resume();
  network.run();
  t.same(alice.take(), ['changed sendrecv']);
  t.same(bob.take(), ['changed sendrecv']);
  t.end();
});

t.test('wishes that come while one is under way become one', t => {
  const { network, alice, bob, outbound } = established();
  outbound.hold();
  outbound.resume();
  outbound.hold();
  outbound.resume();
  network.run(1_000);
  t.same(alice.take(), ['changed sendonly', 'changed sendrecv']);
  t.same(bob.take(), ['changed recvonly held', 'changed sendrecv']);
  t.end();
});

t.test('another address and port are agreed on', t => {
  const { network, outbound, inbound } = established();
  outbound.reoffer({ local: mediaAt('192.0.2.9', 50_000).local });
  network.run();
  t.match(inbound.stream?.remote, { rtp: { address: '192.0.2.9', port: 50_000 } });
  t.end();
});

t.test('glare: both get 491, wait as §14.1 says, and both changes come about', t => {
  const { network, alice, bob, outbound, inbound } = established();
  outbound.hold();
  inbound.hold();
  network.run(30);
  const messages = network.take();
  t.ok(messages.includes('alice 491 INVITE') && messages.includes('bob 491 INVITE'), messages.join());
  network.run(1_980);
  t.same(bob.take(), ['changed inactive held'], 'who did not make the Call-ID comes first');
  t.same(alice.take(), ['changed inactive held'], 'and is answered by who holds too');
  network.run(5_000);
  t.same(alice.take(), ['changed inactive held'], 'whose own offer comes after');
  t.equal(inbound.stream?.direction, 'inactive');
  t.end();
});

t.test('glare for ever is given up', t => {
  const { network, alice, bob, outbound } = established();
  bob.receive = bytes => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (bytes.toString().startsWith('INVITE') && sent?.kind === 'request') respond(alice, sent, 491);
  };
  outbound.hold();
  network.run(31_000);
  t.same(alice.take(), ['refused 491']);
  t.equal(network.take().filter(one => one === 'alice INVITE').length, 8);
  t.equal(outbound.stream?.direction, 'sendrecv', 'all is as it was');
  t.end();
});

t.test('a lost ACK to a re-INVITE is sent again for each copy of its 200', t => {
  const { network, alice, bob, outbound } = established();
  let acks = 0;
  network.loses = message => message.kind === 'request' && message.method === 'ACK' && ++acks <= 2;
  outbound.hold();
  network.run(40_000);
  t.equal(acks, 3);
  t.same(alice.take(), ['changed sendonly']);
  t.same(bob.take(), ['changed recvonly held']);
  t.end();
});

t.test('the far end moves: by the Contact of its re-INVITE, of its UPDATE, and of its 200 to ours', t => {
  const { network, alice, bob, outbound, inbound } = established();
  const receive = bob.receive.bind(bob);
  let port = 0;
  bob.receive = (bytes, flow) =>
    receive(
      Buffer.from(bytes.toString().replace(/Contact: <[^>]*>/, `Contact: <sip:alice@192.0.2.1:${port}>`)),
      flow,
    );
  const target = (): unknown => inbound.snapshot()?.dialog.remoteTarget;
  port = 5071;
  outbound.hold();
  network.run();
  t.match(target(), { port });
  port = 5072;
  outbound.request('UPDATE', {});
  network.run();
  t.match(target(), { port });
  port = 5073;
  network.attach('alice', { address: '192.0.2.1', port: 5072 }, (bytes, flow) => alice.receive(bytes, flow));
  inbound.reoffer();
  network.run();
  t.match(target(), { port });
  t.match(
    network.messages.findLast(({ cseq }) => cseq.method === 'ACK'),
    { uri: { port } },
    'where the ACK goes too',
  );
  t.end();
});

t.test('an INVITE before the ACK to the 200 before it', t => {
  const { network, alice, bob, outbound, inbound } = established();
  network.loses = message => message.kind === 'request' && message.method === 'ACK';
  outbound.hold();
  network.run();
  outbound.resume();
  network.run();
  t.same(bob.take(), ['changed recvonly held', 'changed sendrecv']);
  t.same(alice.take(), ['changed sendonly', 'changed sendrecv']);
  inbound.hold();
  network.run(31_000);
  t.same(bob.take(), [], 'ours waits for the ACK');
  network.run(31_000);
  t.same(bob.take(), ['ended timeout'], '§14.2: without it the call ends');
  t.end();
});

t.test('a re-INVITE before the first ACK shows that the 200 came', t => {
  const { network, alice, bob } = established();
  let acks = 0;
  network.loses = message => message.kind === 'request' && message.method === 'ACK' && acks++ === 0;
  const outbound = alice.invite(bob);
  network.run(50);
  t.same(bob.take(), []);
  outbound.hold();
  network.run();
  t.same(bob.take(), ['confirmed sendrecv', 'changed recvonly held']);
  t.end();
});

t.test('an offer that is refused changes nothing', t => {
  const { network, alice, bob, outbound, inbound } = established();
  inbound.listen({ ...bob.events(), allowOffer: () => false });
  outbound.hold();
  network.run();
  t.same(alice.take(), ['refused 488']);
  t.same(bob.take(), []);
  inbound.reoffer();
  network.run();
  t.same(alice.take(), ['changed sendrecv'], 'nor what this end answers');
  t.same(bob.take(), ['changed sendrecv']);
  outbound.reoffer({ capabilities: { ...mediaAt('192.0.2.1').capabilities, codecs: ['G722'] } });
  inbound.listen(bob.events());
  network.run();
  t.same(alice.take(), ['refused 488'], 'no common codec');
  t.match(network.messages.findLast(({ kind }) => kind === 'response')?.headers.get('warning'), /^305 /);
  outbound.hold();
  network.run();
  t.same(alice.take(), ['changed sendonly'], 'and the codecs are those of before');
  t.equal(outbound.stream?.sendCodec.name, 'PCMA');
  t.end();
});

for (const [status, ending] of [
  [481, 'ended timeout 481'],
  [408, 'ended timeout 408'],
] as const)
  t.test(`${status} to a re-INVITE ends the call`, t => {
    const { network, alice, bob, outbound } = established();
    bob.receive = () => undefined;
    outbound.hold();
    network.run();
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (sent?.kind !== 'request') throw new Error('no re-INVITE');
    respond(alice, sent, status);
    t.same(alice.take(), [ending]);
    network.run();
    t.ok(network.take().includes('alice BYE'));
    t.end();
  });

t.test('a re-INVITE that nobody answers ends the call', t => {
  const { network, alice, bob, outbound } = established();
  network.loses = () => true;
  outbound.hold();
  network.run(32_000);
  t.same(alice.take(), ['ended timeout 408']);
  network.run(2_000_000);
  t.same(bob.take(), ['ended timeout']);
  network.run(100_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('500 with Retry-After is waited out, without it is a refusal', t => {
  const { network, alice, bob, outbound } = established();
  const receive = bob.receive.bind(bob);
  let retryAfter: string | undefined = '7';
  bob.receive = (bytes, flow) => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (bytes.toString().startsWith('INVITE') && sent?.kind === 'request' && tries++ === 0)
      respond(alice, sent, 500, retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
    else receive(bytes, flow);
  };
  let tries = 0;
  outbound.hold();
  network.run(6_900);
  t.same(alice.take(), []);
  network.run(400);
  t.same(alice.take(), ['changed sendonly']);
  retryAfter = undefined;
  tries = 0;
  outbound.resume();
  network.run();
  t.same(alice.take(), ['refused 500']);
  t.equal(outbound.stream?.direction, 'sendonly');
  t.end();
});

t.test('the waits of §14.1 and Retry-After', t => {
  const random = seeded(7);
  for (let round = 0; round < 2_000; round++) {
    const own = glareWaitMs(true, random);
    const other = glareWaitMs(false, random);
    if (own < 2_100 || own > 4_000 || own % 10 !== 0) t.fail(`${own}`);
    if (other < 0 || other > 2_000 || other % 10 !== 0) t.fail(`${other}`);
  }
  t.equal(
    glareWaitMs(true, () => 0),
    2_100,
  );
  t.equal(
    glareWaitMs(true, () => 0.99999),
    4_000,
  );
  t.equal(
    glareWaitMs(false, () => 0.99999),
    2_000,
  );
  t.equal(retryAfterMs('5'), 5_000);
  t.equal(retryAfterMs('5 (maintenance);duration=3600'), 5_000);
  t.equal(retryAfterMs('5;duration=3600'), 5_000);
  for (const bad of [undefined, '', '-1', '1e3', 'soon', '31', '99999999999999999999', '5x'])
    t.equal(retryAfterMs(bad), undefined, bad ?? 'none');
  t.end();
});
