import t from 'tap';
import { DigestClient } from '../../../sip/digest/client.ts';
import { newResponse } from '../../../sip/message/build.ts';
import { Headers } from '../../../sip/message/headers.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { formatUri } from '../../../sip/message/uri.ts';
import { address } from '../transport/requests.ts';
import { isClean, Network, Party, pair, respond } from './session_rig.ts';

const CHALLENGE = 'Digest realm="example.com", nonce="abc", qop="auth", algorithm=SHA-256';

function credentials(): DigestClient {
  return new DigestClient(() => ({ user: 'alice', password: 'secret' }));
}

t.test('407 and 401 are answered with credentials, which the ACK carries too', t => {
  for (const [status, challenge, answer] of [
    [407, 'Proxy-Authenticate', 'Proxy-Authorization'],
    [401, 'WWW-Authenticate', 'Authorization'],
  ] as const) {
    const { network, alice, bob } = pair();
    bob.answers();
    const receive = bob.receive.bind(bob);
    bob.receive = (bytes, flow) => {
      const sent = network.messages.findLast(message => message.kind === 'request');
      const isNew = sent?.kind === 'request' && sent.method === 'INVITE' && !sent.headers.has(answer);
      if (isNew) respond(alice, sent, status, { [challenge]: CHALLENGE });
      else receive(bytes, flow);
    };
    const outbound = alice.invite(bob, { digest: credentials() });
    network.run();
    t.same(network.take(), ['alice INVITE', 'alice ACK', 'alice INVITE', 'bob 200 INVITE', 'alice ACK']);
    t.same(alice.take(), ['confirmed sendrecv']);
    const ack = network.messages.at(-1);
    t.match(ack?.headers.get(answer), /username="alice"/);
    t.equal(ack?.cseq.number, 2);
    outbound.hold();
    network.run();
    t.same(alice.take(), ['changed sendonly'], 'and so do requests inside the dialog, from the start');
    t.same(network.take(), ['alice INVITE', 'bob 200 INVITE', 'alice ACK']);
  }
  t.end();
});

t.test('a wrong password, and no password, end the call', t => {
  for (const digest of [credentials(), undefined]) {
    const { network, alice, bob } = pair();
    bob.receive = bytes => {
      const sent = network.messages.findLast(message => message.kind === 'request');
      if (bytes.toString().startsWith('INVITE') && sent?.kind === 'request')
        respond(alice, sent, 401, { 'WWW-Authenticate': CHALLENGE });
    };
    alice.invite(bob, digest === undefined ? {} : { digest });
    network.run(1_000);
    t.same(alice.take(), ['ended remote 401']);
    t.equal(network.take().filter(one => one === 'alice INVITE').length, digest === undefined ? 1 : 2);
  }
  t.end();
});

/** Alice with three gateways, the last of which answers. */
function gateways() {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1');
  const [one, two, three] = [11, 12, 13].map(host => new Party(network, `gw${host}`, `192.0.2.${host}`));
  if (one === undefined || two === undefined || three === undefined) throw new Error('no gateways');
  three.answers();
  return { network, alice, one, two, three };
}

t.test('the next hop is tried on 503, on silence, and where nothing can be reached', t => {
  const { network, alice, one, two, three } = gateways();
  one.onIncoming = session => session.reject(503);
  two.receive = () => undefined;
  alice.invite(three, {
    hops: [one.hop, two.hop, { ...two.hop, address: '192.0.2.99', protocol: 'TCP' }, three.hop],
  });
  network.run(4_900);
  t.same(alice.take(), []);
  return Promise.resolve().then(async () => {
    network.run(200);
    await Promise.resolve();
    network.run(200);
    t.same(alice.take(), ['confirmed sendrecv']);
    t.equal(three.calls.length, 1);
    network.run(60_000);
    network.take();
    three.call.hangUp();
    network.run(200_000);
    t.ok(isClean(network, alice, one, two, three));
  });
});

t.test('the last hop decides', t => {
  const { network, alice, one, two } = gateways();
  for (const party of [one, two]) party.onIncoming = session => session.reject(503);
  alice.invite(two, { hops: [one.hop, two.hop] });
  network.run();
  t.same(alice.take(), ['ended remote 503']);
  alice.invite(two, { hops: [two.hop, one.hop] });
  two.onIncoming = session => session.reject(486);
  network.run();
  t.same(alice.take(), ['ended remote 486'], 'busy is an answer');
  t.end();
});

t.test('a hop that was silent and accepts all the same: the first 2xx wins, the other is hung up', t => {
  const { network, alice, one, three } = gateways();
  const late: Buffer[] = [];
  const receive = one.receive.bind(one);
  one.receive = bytes => void late.push(bytes);
  alice.invite(three, { hops: [one.hop, three.hop] });
  network.run(6_000);
  t.same(alice.take(), ['confirmed sendrecv']);
  one.receive = receive;
  one.answers();
  const [invite] = late;
  if (invite !== undefined) one.receive(invite, { protocol: 'UDP', local: one.local, remote: alice.local });
  network.take();
  network.run();
  t.ok(network.take().includes('alice BYE'));
  t.same(one.take(), ['confirmed sendrecv', 'ended remote']);
  t.same(alice.take(), []);
  t.end();
});

t.test('a hop that was silent and accepts while the next one rings: that is cancelled', t => {
  const { network, alice, one, two } = gateways();
  const late: Buffer[] = [];
  const receive = one.receive.bind(one);
  one.receive = bytes => void late.push(bytes);
  two.onIncoming = session => session.progress(180);
  alice.invite(two, { hops: [one.hop, two.hop] });
  network.run(6_000);
  t.same(alice.take(), ['180']);
  one.receive = receive;
  one.answers();
  const [invite] = late;
  if (invite !== undefined) one.receive(invite, { protocol: 'UDP', local: one.local, remote: alice.local });
  network.run();
  t.same(alice.take(), ['confirmed sendrecv']);
  t.same(two.take(), ['ended remote 487']);
  t.end();
});

t.test('hanging up tries no further hop', t => {
  const { network, alice, one, three } = gateways();
  one.receive = () => undefined;
  const outbound = alice.invite(three, { hops: [one.hop, three.hop] });
  network.run(1_000);
  outbound.hangUp();
  network.run(100_000);
  t.equal(three.calls.length, 0);
  t.end();
});

t.test('a preloaded route set, headers and Max-Forwards go with the INVITE', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, {
    routes: [address('<sip:proxy.example.com;lr>')],
    headers: Headers.of({ 'X-Call': '7', 'P-Asserted-Identity': '<sip:+491234@example.com>' }),
    maxForwards: 12,
    target: address('<sip:+49301234@example.com;user=phone>').uri,
    to: address('"Bob" <sip:bob@example.com>'),
  });
  network.run();
  const { invite, identity } = bob.call;
  t.equal(formatUri(invite.uri), 'sip:+49301234@example.com;user=phone');
  t.match(invite, {
    maxForwards: 12,
    to: { displayName: 'Bob' },
    routes: [{ uri: { host: 'proxy.example.com' } }],
  });
  t.equal(invite.headers.get('x-call'), '7');
  t.match(identity.asserted, [{ uri: { user: '+491234' } }]);
  t.end();
});

/** Answers of several branches that a proxy forked an INVITE to; `to` has no tag. */
function branch(alice: Party, invite: SipRequest, tag: string, status: number, body = Buffer.alloc(0)): void {
  const headers = body.length > 0 ? Headers.of({ 'Content-Type': 'application/sdp' }) : new Headers();
  const contacts = [address(`<sip:${tag}@192.0.2.50>`)];
  const response = newResponse(invite, status, { toTag: tag, contacts, headers, body });
  alice.receive(serialize(response), {
    protocol: 'UDP',
    local: alice.local,
    remote: { address: '192.0.2.50', port: 5060 },
  });
}

t.test('forked: the first 2xx wins, every other gets its ACK and BYE, copies their ACK', t => {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1');
  const proxy = new Party(network, 'proxy', '192.0.2.50');
  proxy.receive = () => undefined;
  const outbound = alice.invite(proxy);
  network.run();
  const [invite] = network.messages;
  if (invite?.kind !== 'request') throw new Error('no INVITE');
  const answer = Buffer.from(
    invite.body.toString().replace('30000', '41000').replace('192.0.2.1', '192.0.2.77'),
  );
  branch(alice, invite, 'one', 180);
  branch(alice, invite, 'two', 183, answer);
  branch(alice, invite, 'one', 200, answer);
  t.same(alice.take(), ['180', '183 sendrecv', 'confirmed sendrecv']);
  t.equal(outbound.remoteTag, 'one');
  network.take();
  branch(alice, invite, 'two', 200, answer);
  branch(alice, invite, 'three', 200, answer);
  branch(alice, invite, 'one', 200, answer);
  branch(alice, invite, 'two', 200, answer);
  t.same(network.take(), ['alice ACK', 'alice BYE', 'alice ACK', 'alice BYE', 'alice ACK', 'alice ACK']);
  const bye = network.messages.find(({ cseq }) => cseq.method === 'BYE');
  t.match(bye, { uri: { user: 'two' }, to: { params: [{ name: 'tag', value: 'two' }] } });
  network.run(33_000);
  network.take();
  branch(alice, invite, 'one', 200, answer);
  t.same(network.take(), ['alice ACK'], 'also when the transaction is gone');
  t.same(alice.take(), []);
  t.end();
});

t.test('forks without number cost no more than their limit', t => {
  const network = new Network();
  const alice = new Party(network, 'alice', '192.0.2.1');
  const proxy = new Party(network, 'proxy', '192.0.2.50');
  proxy.receive = () => undefined;
  alice.invite(proxy);
  network.run();
  const [invite] = network.messages;
  if (invite?.kind !== 'request') throw new Error('no INVITE');
  for (let tag = 0; tag < 1_000; tag++) branch(alice, invite, `t${tag}`, 180);
  t.equal(alice.take().length, 16);
  branch(alice, invite, 't0', 200, Buffer.from(invite.body));
  network.take();
  for (let tag = 1; tag < 1_000; tag++) branch(alice, invite, `t${tag}`, 200, Buffer.from(invite.body));
  t.equal(network.take().length, 32, 'ACK and BYE for sixteen');
  network.run(33_000);
  t.equal(alice.transactions.size.clients, 0);
  t.end();
});
