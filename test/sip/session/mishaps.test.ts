import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { established, isClean, mediaAt, Network, Party, pair, respond } from './session_rig.ts';

const BOBS = mediaAt('192.0.2.2', 40_000);

/** Lets what a party receives pass through `change` first, as text. */
function rewrite(party: Party, change: (text: string) => string): void {
  const receive = party.receive.bind(party);
  party.receive = (bytes, flow) => receive(Buffer.from(change(bytes.toString())), flow);
}

t.test('reliable early media that makes no call: PRACK, then CANCEL', t => {
  const { network, alice, bob } = pair();
  rewrite(alice, text => text.replace('RTP/AVP 8', 'RTP/AVP 9'));
  alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run();
  t.same(alice.take(), ['ended error']);
  t.match(bob.take(), ['ended remote 487']);
  t.ok(network.take().includes('alice PRACK'), 'it was heard all the same');
  network.run(400_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('an answer in a PRACK that makes no call rejects the INVITE', t => {
  const { network, alice, bob } = pair();
  rewrite(bob, text => (text.startsWith('PRACK') ? text.replace('RTP/AVP 8', 'RTP/AVP 9') : text));
  alice.invite(bob, { lateOffer: true });
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  bob.call.accept();
  network.run();
  t.same(bob.take(), ['ended error 488']);
  t.same(alice.take(), ['183 sendrecv', 'ended remote 488']);
  network.run(400_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a change that is accepted with what makes no call ends it', t => {
  const { network, alice, bob, outbound } = established();
  rewrite(alice, text => text.replace('RTP/AVP 8', 'RTP/AVP 9'));
  outbound.hold();
  network.run();
  t.same(alice.take(), ['ended error']);
  t.same(bob.take(), ['changed recvonly held', 'ended remote']);
  t.same(network.take(), ['alice INVITE', 'bob 200 INVITE', 'alice ACK', 'alice BYE', 'bob 200 BYE']);
  t.end();
});

t.test('422 to a change asks for a longer interval', t => {
  const { network, alice, bob, outbound } = established();
  let refused = false;
  const receive = bob.receive.bind(bob);
  bob.receive = (bytes, flow) => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (!refused && sent?.kind === 'request' && sent.method === 'INVITE') {
      refused = true;
      respond(alice, sent, 422, { 'Min-SE': '4000' });
    } else {
      receive(bytes, flow);
    }
  };
  outbound.hold();
  network.run();
  t.same(alice.take(), ['changed sendonly']);
  t.same(
    network.messages
      .filter(({ headers }) => headers.get('min-se') === '4000')
      .map(({ headers }) => headers.get('session-expires')),
    ['4000;refresher=uac'],
  );
  t.end();
});

t.test('a re-INVITE that only gets provisional responses is cancelled after a minute', t => {
  const { network, alice, bob, outbound } = established();
  bob.receive = () => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (sent?.method === 'INVITE' && sent.kind === 'request') respond(alice, sent, 183);
    if (sent?.kind === 'request' && sent.method === 'CANCEL')
      respond(alice, { ...sent, cseq: { ...sent.cseq, method: 'INVITE' } }, 487);
  };
  outbound.hold();
  network.run(59_000);
  t.notOk(network.take().includes('alice CANCEL'));
  network.run(2_000);
  t.ok(network.take().includes('alice CANCEL'));
  t.same(alice.take(), ['refused 487']);
  t.equal(outbound.state, 'confirmed');
  t.end();
});

t.test('SDP as one part among others, as trunks with ISUP send it', t => {
  const { network, alice, bob } = pair();
  rewrite(bob, text => {
    if (!text.startsWith('INVITE')) return text;
    const [head = '', sdp = ''] = text.split('\r\n\r\n');
    const body = `--b\r\nContent-Type: application/isup;version=x\r\n\r\n\x01\x02\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--b--\r\n`;
    const fields = head
      .replace('application/sdp\r\nSession', 'application/sdp\r\nSession')
      .replace(/Content-Type: [^\r]+/, 'Content-Type: multipart/mixed;boundary=b')
      .replace(/Content-Length: \d+/, `Content-Length: ${body.length}`);
    return `${fields}\r\n\r\n${body}`;
  });
  bob.answers();
  alice.invite(bob, { headers: Headers.of({ Privacy: 'ID; user,critical' }) });
  network.run();
  t.same(alice.take(), ['confirmed sendrecv']);
  t.same(bob.call.identity.privacy, ['id', 'user', 'critical']);
  t.end();
});

t.test('requests in the dialog while it rings', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  network.take();
  outbound.request('INVITE', {});
  network.run(20);
  t.ok(network.take().includes('bob 500 INVITE'), '§14.2: the first has no final response');
  bob.call.request('INVITE', {});
  network.run(20);
  t.ok(network.take().includes('alice 491 INVITE'), 'ours is under way');
  bob.call.request('BYE', {});
  network.run();
  t.same(alice.take(), ['180', 'ended remote'], 'no callee may, but it ends the call');
  t.same(bob.take(), ['ended remote 487'], 'by CANCEL');
  network.run(400_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('an offer by UPDATE is not answered by what belongs to the INVITE', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run();
  let updates = 0;
  network.loses = message => message.kind === 'request' && message.method === 'UPDATE' && updates++ === 0;
  bob.call.hold();
  bob.call.progress(180, { reliable: true });
  bob.call.accept();
  network.run(300);
  t.same(bob.take(), ['confirmed sendrecv'], 'neither by a PRACK nor by the ACK');
  network.run(1_000);
  t.same(bob.take(), ['changed sendonly']);
  t.same(alice.take(), ['183 sendrecv', '180', 'confirmed sendrecv', 'changed recvonly held']);
  t.end();
});

t.test('offers by UPDATE that cross: 491', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.negotiate(BOBS);
  bob.call.progress(183, { withMedia: true });
  network.run();
  outbound.hold();
  bob.call.hold();
  network.run(30);
  const crossed = network.take();
  t.ok(crossed.includes('alice 491 UPDATE') && crossed.includes('bob 491 UPDATE'), crossed.join());
  network.run(7_000);
  t.equal(outbound.stream?.direction, 'inactive');
  t.equal(bob.call.stream?.direction, 'inactive');
  t.end();
});

t.test('a connection that is gone: requests go to where the far end says it listens', async t => {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1', {
    contactOf: () => ({ host: '192.0.2.1', port: 5070 }),
  });
  const bob = new Party(network, 'bob', '192.0.2.2').answers();
  alice.invite(bob, { hops: [{ ...bob.hop, protocol: 'TCP' }] });
  network.run();
  const { uri } = (bob.call.invite.contacts === '*' ? [] : bob.call.invite.contacts)[0] ?? {};
  t.match(uri, { port: 5070, params: [{ name: 'transport', value: 'tcp' }] });
  bob.call.info('text/plain', Buffer.from('1'));
  network.run();
  t.match(alice.take(), ['confirmed sendrecv', 'info 1'], 'first by the connection');
  network.detach(alice.local);
  network.attach('alice', { ...alice.local, port: 5070 }, (bytes, flow) => alice.receive(bytes, flow));
  bob.call.info('text/plain', Buffer.from('2'));
  await new Promise(setImmediate);
  network.run();
  t.match(alice.take(), ['info 2'], 'then by a new one');
});

t.test('a far end with two addresses hears each request once, however slow it is', t => {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1', {
    contactOf: () => ({ host: '192.0.2.1', port: 5070 }),
  });
  const bob = new Party(network, 'bob', '192.0.2.2').answers();
  alice.invite(bob, { hops: [{ ...bob.hop, protocol: 'TCP' }] });
  network.run();
  network.attach('alice', { ...alice.local, port: 5070 }, (bytes, flow) => alice.receive(bytes, flow));
  const receive = alice.receive.bind(alice);
  alice.receive = (bytes, flow) => void network.clock.after(20_000, () => receive(bytes, flow));
  network.take();
  const statuses: number[] = [];
  bob.call.info('text/plain', Buffer.from('1'), status => statuses.push(status));
  network.run(30_000);
  t.same(statuses, [200]);
  t.equal(network.take().filter(one => one === 'bob INFO').length, 1);
  t.end();
});

t.test('a change that cannot leave is refused, and the call goes on', async t => {
  const { network, alice, bob } = pair();
  bob.answers();
  const outbound = alice.invite(bob, { hops: [{ ...bob.hop, protocol: 'TCP' }] });
  network.run();
  alice.take();
  network.detach(bob.local);
  outbound.hold();
  await new Promise(setImmediate);
  t.same(alice.take(), ['refused 503']);
  t.equal(outbound.state, 'confirmed');
  t.equal(outbound.stream?.direction, 'sendrecv');
  network.attach('bob', bob.local, (bytes, flow) => bob.receive(bytes, flow));
  outbound.hold();
  network.run();
  t.same(alice.take(), ['changed sendonly']);
});

t.test('an ACK that cannot be sent one way goes the other', async t => {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1');
  const bob = new Party(network, 'bob', '192.0.2.2', {
    contactOf: () => ({ host: '192.0.2.2', port: 5070 }),
  }).answers();
  network.attach('bob', { ...bob.local, port: 5070 }, (bytes, flow) => bob.receive(bytes, flow));
  alice.invite(bob, { hops: [{ ...bob.hop, protocol: 'TCP' }] });
  network.run(15);
  network.detach(bob.local);
  network.run(15);
  await new Promise(setImmediate);
  network.run();
  t.same(bob.take(), ['confirmed sendrecv']);
});

t.test('a hold before there is any dialog is remembered', async t => {
  const { network, alice, bob } = pair();
  bob.answers();
  const outbound = alice.invite(bob);
  outbound.hold();
  outbound.reoffer();
  const answers: unknown[] = [];
  outbound.request('INFO', {}, response => answers.push(response));
  await new Promise(setImmediate);
  t.same(answers, [undefined], 'a request cannot be sent');
  network.run();
  t.same(alice.take(), ['confirmed sendrecv', 'changed sendonly']);
  t.equal(outbound.snapshot()?.media.direction, 'sendonly');
  outbound.hangUp();
  outbound.hold();
  outbound.hangUp();
  outbound.listen({ ended: () => t.fail('heard after the end') });
  network.run(1_000);
  t.same(alice.take(), ['ended local']);
});

t.test('more progress than gets through: the newest of it, and never less than the description', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { reliableProgress: 'required' });
  network.run();
  let pracks = 0;
  network.loses = message => message.kind === 'request' && message.method === 'PRACK' && pracks++ === 0;
  bob.call.negotiate(BOBS);
  bob.call.progress(180);
  bob.call.progress(183, { withMedia: true });
  for (let more = 0; more < 50; more++) bob.call.progress(182);
  network.run(30_000);
  const heard = alice.take();
  t.ok(heard.includes('183 sendrecv'));
  t.equal(heard.length, 9, 'the first, and as many as may wait');
  t.end();
});
