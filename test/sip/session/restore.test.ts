import t from 'tap';
import type { SessionSnapshot } from '../../../sip/session/session.ts';
import { established, isClean, type Network, Party, pair } from './session_rig.ts';

/** Bob's process is gone, and another one is there with what was written down of the call. */
function restarted(network: Network, bob: Party, snapshot: SessionSnapshot | undefined) {
  if (snapshot === undefined) throw new Error('no snapshot');
  network.detach(bob.local);
  const again = new Party(network, 'bob', bob.local.address);
  const stored: SessionSnapshot = JSON.parse(JSON.stringify(snapshot));
  return { again, session: again.restore(stored) };
}

t.test('a restarted callee holds, resumes, is changed, informed and hung up', t => {
  const { network, alice, bob, outbound, inbound } = established();
  inbound.hold();
  network.run();
  inbound.resume();
  network.run();
  alice.take();
  const { again, session } = restarted(network, bob, inbound.snapshot());
  t.equal(session.state, 'confirmed');
  t.same(session.stream, inbound.stream, 'the same to the identity of its codecs');
  t.equal(session.stream?.sendCodec, inbound.stream?.sendCodec);
  t.equal(JSON.stringify(session.identity), JSON.stringify(inbound.identity));
  session.hold();
  network.run();
  t.same(again.take(), ['changed sendonly']);
  t.same(alice.take(), ['changed recvonly held']);
  session.resume();
  network.run();
  outbound.info('text/plain', Buffer.from('7'));
  outbound.hold();
  network.run();
  t.same(again.take(), ['changed sendrecv', 'info 7', 'changed recvonly held']);
  outbound.hangUp();
  network.run();
  t.same(again.take(), ['ended remote']);
  t.equal(again.agent.size, 0);
  t.end();
});

t.test('a restarted caller hangs up', t => {
  const { network, alice, bob, outbound, inbound } = established();
  outbound.hold();
  network.run();
  const snapshot = outbound.snapshot();
  t.equal(snapshot?.media.direction, 'sendonly');
  if (snapshot === undefined) return t.end();
  network.detach(alice.local);
  const again = new Party(network, 'alice', alice.local.address);
  const session = again.restore(JSON.parse(JSON.stringify(snapshot)));
  session.resume();
  network.run();
  t.same(again.take(), ['changed sendrecv']);
  inbound.listen(bob.events());
  session.hangUp();
  network.run();
  t.match(bob.take(), ['changed recvonly held', 'changed sendrecv', 'ended remote']);
  return t.end();
});

t.test('a restored session is refreshed soon, and expires', t => {
  const { network, alice, bob, outbound } = established();
  const snapshot = outbound.snapshot();
  t.match(snapshot?.timer, { expiresS: 1_800, refresher: 'local' });
  if (snapshot === undefined) return t.end();
  network.detach(alice.local);
  const again = new Party(network, 'alice', alice.local.address);
  again.restore(snapshot);
  network.run(5_100);
  t.same(network.take(), ['alice UPDATE', 'bob 200 UPDATE']);
  network.detach(bob.local);
  network.run(2_000_000);
  t.match(again.take(), [/ended timeout/]);
  network.run(100_000);
  t.ok(isClean(network, again));
  return t.end();
});

t.test('when a snapshot is there, and when it is worth taking again', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  t.equal(outbound.snapshot(), undefined);
  t.equal(bob.call.snapshot(), undefined);
  bob.answers().onIncoming(bob.call);
  network.run();
  let last = [alice.moves, bob.moves];
  t.ok(
    last.every(moves => moves > 0),
    'at its beginning',
  );
  for (const change of [
    () => outbound.hold(),
    () => bob.call.info('text/plain', Buffer.from('1')),
    () => outbound.reoffer(),
    () => network.run(900_000),
  ]) {
    change();
    network.run();
    const now = [alice.moves, bob.moves];
    t.ok(
      now.every((moves, at) => moves > (last[at] ?? 0)),
      change.toString(),
    );
    last = now;
  }
  outbound.hangUp();
  t.equal(outbound.snapshot(), undefined);
  t.end();
});
