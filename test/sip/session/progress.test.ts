import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';
import { established, isClean, mediaAt, type Party, pair } from './session_rig.ts';

const BOBS = mediaAt('192.0.2.2', 40_000);

t.test('early media by a reliable 183: PRACK, then a 200 that does not repeat it', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run();
  t.same(alice.take(), ['183 sendrecv']);
  bob.call.accept();
  network.run();
  t.same(network.take(), [
    'alice INVITE',
    'bob 183 INVITE',
    'alice PRACK',
    'bob 200 PRACK',
    'bob 200 INVITE',
    'alice ACK',
  ]);
  const [progress, ok] = network.messages.filter(
    message => message.kind === 'response' && message.cseq.method === 'INVITE',
  );
  t.match(progress?.headers.list('require'), ['100rel']);
  t.ok((progress?.body.length ?? 0) > 0);
  t.equal(ok?.body.length, 0);
  t.same(alice.take(), ['confirmed sendrecv']);
  t.same(bob.take(), ['confirmed sendrecv']);
  t.end();
});

t.test('a 200 waits for the PRACK of a description, not for others', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  let pracks = 0;
  network.loses = message => message.kind === 'request' && message.method === 'PRACK' && ++pracks <= 2;
  bob.call.progress(183, { withMedia: true });
  bob.call.accept();
  network.run();
  t.notOk(network.take().includes('bob 200 INVITE'));
  network.run(2_000);
  t.same(bob.take(), ['confirmed sendrecv']);
  alice.invite(bob);
  network.run();
  pracks = 0;
  bob.call.negotiate(BOBS);
  bob.call.progress(180, { reliable: true });
  bob.call.accept();
  network.run();
  t.same(bob.take(), ['confirmed sendrecv']);
  t.end();
});

t.test('a reliable response is repeated after T1, 2·T1 … and its loss rejects the call with 504', t => {
  const { network, alice, bob } = pair();
  const sentAtMs: number[] = [];
  alice.invite(bob);
  network.run(300);
  network.loses = message => {
    if (message.kind === 'response' && message.status === 183) sentAtMs.push(network.clock.nowMs() - 300);
    return message.kind === 'response' && message.status === 183;
  };
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run(40_000);
  t.same(sentAtMs, [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  t.same(bob.take(), ['ended timeout 504']);
  t.same(alice.take(), ['ended remote 504']);
  network.run(200_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('several reliable responses go one after the other, each with the next RSeq', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { reliableProgress: 'required' });
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(180);
  bob.call.progress(181);
  bob.call.progress(183, { withMedia: true });
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['180', '181', '183 sendrecv', 'confirmed sendrecv']);
  const numbers = network.messages
    .filter(message => message.kind === 'response' && message.status < 200)
    .map(({ headers }) => Number(headers.get('rseq')));
  t.equal(numbers.length, 3);
  t.equal((numbers[1] ?? 0) - (numbers[0] ?? 0), 1);
  t.equal((numbers[2] ?? 0) - (numbers[1] ?? 0), 1);
  t.end();
});

t.test('without 100rel early media is a preview, and the 200 decides', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { reliableProgress: 'off' });
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true, reliable: true });
  network.run();
  t.same(alice.take(), ['183 sendrecv']);
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['confirmed sendrecv']);
  const bodies = network.messages.filter(({ kind, body }) => kind === 'response' && body.length > 0);
  t.equal(bodies.length, 2);
  t.same(bodies[0]?.body, bodies[1]?.body, 'the same description');
  t.end();
});

t.test('progress is repeated every minute', t => {
  for (const reliableProgress of ['off', 'required'] as const) {
    const { network, alice, bob } = pair();
    alice.invite(bob, { reliableProgress });
    network.run();
    bob.call.progress(180);
    network.run(130_000);
    t.same(alice.take(), ['180', '180', '180'], reliableProgress);
  }
  t.end();
});

t.test('delayed offer: ours in the 200, theirs in the ACK', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { lateOffer: true });
  network.run();
  t.equal(bob.call.hasOffer, false);
  t.equal(bob.call.negotiate(BOBS), undefined);
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['confirmed sendrecv']);
  t.same(bob.take(), ['confirmed sendrecv']);
  t.match(bob.call.stream, { remote: { rtp: { port: 30_000 } }, sendCodec: { name: 'PCMA' } });
  t.end();
});

t.test('delayed offer in a reliable 183, the answer in its PRACK', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { lateOffer: true });
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run();
  t.same(alice.take(), ['183 sendrecv']);
  t.match(bob.call.stream, { remote: { rtp: { port: 30_000 } } });
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['confirmed sendrecv']);
  t.same(bob.take(), ['confirmed sendrecv']);
  t.end();
});

t.test('a delayed offer whose answer is missing ends the call', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { lateOffer: true });
  network.run();
  bob.call.negotiate(BOBS);
  const receive = bob.receive.bind(bob);
  bob.receive = (bytes, flow) => {
    const text = bytes.toString();
    receive(text.startsWith('ACK') ? Buffer.from(withoutBody(text)) : bytes, flow);
  };
  bob.call.accept();
  network.run();
  t.same(bob.take(), ['ended error']);
  t.same(alice.take(), ['confirmed sendrecv', 'ended remote']);
  t.end();
});

t.test('a PRACK must name number and method of the INVITE, too', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  const receive = bob.receive.bind(bob);
  let wrong = 'RAck: $1 9 INVITE';
  bob.receive = (bytes, flow) =>
    receive(Buffer.from(bytes.toString().replace(/RAck: (\d+) 1 INVITE/, wrong)), flow);
  for (const change of ['RAck: $1 9 INVITE', 'RAck: $1 1 INFO']) {
    wrong = change;
    bob.call.progress(183, { reliable: true });
    network.run();
    t.equal(bob.call.ringingSnapshot(), undefined, `${change} acknowledges nothing`);
  }
  t.equal(network.take().filter(one => one === 'bob 481 PRACK').length, 1);
  t.end();
});

t.test('a 200 without the description that an unreliable 183 had', t => {
  const { network, alice, bob } = pair();
  const receive = alice.receive.bind(alice);
  alice.receive = (bytes, flow) => {
    const text = bytes.toString();
    receive(text.startsWith('SIP/2.0 200') ? Buffer.from(withoutBody(text)) : bytes, flow);
  };
  const outbound = alice.invite(bob, { reliableProgress: 'off' });
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['183 sendrecv', 'confirmed sendrecv'], 'as careless gateways do');
  outbound.hold();
  network.run();
  t.same(alice.take(), ['ended error'], 'but it answers no further offer');
  t.end();
});

t.test('a PRACK to nothing is a 481, and so is each one after', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  network.take();
  for (const rack of ['1 1 INVITE', 'x', '1 1', '4294967296 1 INVITE', '1 1 BYE'])
    outbound.request('PRACK', { headers: Headers.of({ RAck: rack }) });
  network.run();
  t.equal(network.take().filter(one => one === 'bob 481 PRACK').length, 5);
  t.end();
});

t.test('UPDATE before the answer: after the reliable one, from either side', t => {
  for (const holder of ['alice', 'bob'] as const) {
    const { network, alice, bob } = pair();
    const outbound = alice.invite(bob);
    network.run();
    bob.call.negotiate(BOBS);
    bob.call.progress(183, { withMedia: true });
    network.run();
    const parties: Record<'alice' | 'bob', Party> = { alice, bob };
    for (const party of [alice, bob]) party.take();
    (holder === 'alice' ? outbound : bob.call).hold();
    network.run();
    t.ok(network.take().includes(`${holder} UPDATE`), holder);
    t.same(parties[holder].take(), ['changed sendonly']);
    t.same(parties[holder === 'alice' ? 'bob' : 'alice'].take(), ['changed recvonly held']);
    bob.call.accept();
    network.run();
    t.match(alice.take(), [/confirmed/]);
    t.equal(outbound.stream?.direction, holder === 'alice' ? 'sendonly' : 'recvonly');
  }
  t.end();
});

t.test('a hold before the answer waits for it where nothing was said reliably', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  outbound.hold();
  network.run();
  t.notOk(network.take().includes('alice UPDATE'));
  bob.call.negotiate(BOBS);
  bob.call.accept();
  network.run();
  t.same(alice.take(), ['180', 'confirmed sendrecv', 'changed sendonly']);
  t.same(bob.take(), ['confirmed sendrecv', 'changed recvonly held']);
  t.end();
});

t.test('an UPDATE with an offer before our answer has left is told to come later', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  outbound.request('UPDATE', { contentType: 'application/sdp', body: Buffer.from('v=0\r\n') });
  network.run();
  t.match(
    network.messages.findLast(message => message.kind === 'response'),
    { status: 500 },
  );
  bob.call.negotiate(BOBS);
  outbound.request('UPDATE', {
    contentType: 'application/sdp',
    body: network.messages[0]?.body ?? Buffer.alloc(0),
  });
  network.run();
  const refused = network.messages.findLast(message => message.kind === 'response');
  t.match(refused, { status: 500 }, 'also when it is known, but not said');
  t.match(refused?.headers.get('retry-after'), /^(?:\d|10)$/);
  t.end();
});

t.test('an offer in a PRACK is answered in its 200', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  const receive = bob.receive.bind(bob);
  const invite = network.messages[0];
  bob.receive = (bytes, flow) => {
    const text = bytes.toString();
    if (!text.startsWith('PRACK')) return receive(bytes, flow);
    const offer = invite?.body.toString().replace('30000', '31000') ?? '';
    const head = text.replace(/Content-Length: \d+\r\n/, '').trimEnd();
    receive(
      Buffer.from(
        `${head}\r\nContent-Type: application/sdp\r\nContent-Length: ${offer.length}\r\n\r\n${offer}`,
      ),
      flow,
    );
  };
  bob.call.progress(183, { withMedia: true });
  network.run();
  const answer = network.messages.findLast(message => message.kind === 'response');
  t.match(answer, { status: 200, cseq: { method: 'PRACK' } });
  t.match(answer?.body.toString(), /m=audio 40000/);
  t.same(bob.take(), ['changed sendrecv']);
  t.match(bob.call.stream, { remote: { rtp: { port: 31_000 } } });
  t.end();
});

t.test('what a call cannot be held with', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { media: { ...BOBS, capabilities: { ...BOBS.capabilities, codecs: ['G722'] } } });
  network.run();
  try {
    bob.call.negotiate(BOBS);
    t.fail('negotiated');
  } catch (error) {
    if (!(error instanceof SdpRejection)) throw error;
    bob.call.rejectWith(error);
  }
  network.run();
  t.same(alice.take(), ['ended remote 488']);
  t.match(alice.endings[0]?.response?.headers.get('warning'), '305 192.0.2.2 "none of PCMA, PCMU"');
  t.same(bob.take(), ['ended local 488']);
  network.run(120_000);
  t.equal(bob.agent.size, 0);
  t.end();
});

t.test('an answer in the 200 that makes no call: ACK, then BYE', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  const receive = alice.receive.bind(alice);
  alice.receive = (bytes, flow) =>
    receive(Buffer.from(bytes.toString().replace('RTP/AVP 8', 'RTP/AVP 9')), flow);
  alice.invite(bob);
  network.run();
  t.same(alice.take(), ['ended error']);
  t.same(bob.take(), ['confirmed sendrecv', 'ended remote']);
  t.same(network.take().slice(-3), ['alice ACK', 'alice BYE', 'bob 200 BYE']);
  t.end();
});

t.test('re-INVITE without an offer gets ours, and its ACK answers', t => {
  const { network, alice, bob, outbound } = established();
  outbound.request('INVITE', {});
  network.run();
  const ok = network.messages.findLast(message => message.kind === 'response');
  t.match(ok, { status: 200 });
  t.match(ok?.body.toString(), /m=audio 40000/);
  bob.call.hold();
  network.run();
  t.same(bob.take(), [], 'ours waits for the answer');
  network.run(33_000);
  t.same(bob.take(), ['ended timeout'], 'which never came');
  t.same(alice.take(), ['ended remote']);
  t.end();
});

/** Of a message, its head alone. */
function withoutBody(text: string): string {
  const [head = ''] = text.split('\r\n\r\n');
  const fields = head
    .replace(/Content-Type: [^\r]+\r\n/, '')
    .replace(/Content-Length: \d+/, 'Content-Length: 0');
  return `${fields}\r\n\r\n`;
}
