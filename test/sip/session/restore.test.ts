import t from 'tap';
import type { RingingSnapshot, SessionSnapshot } from '../../../sip/session/session.ts';
import { established, isClean, mediaAt, type Network, Party, pair } from './session_rig.ts';

/** Bob's process is gone, and another one is there with what was written down of the call. */
function restarted(network: Network, bob: Party, snapshot: SessionSnapshot | undefined) {
  if (snapshot === undefined) throw new Error('no snapshot');
  network.detach(bob.local);
  const again = new Party(network, 'bob', bob.local.address);
  const stored: SessionSnapshot = JSON.parse(JSON.stringify(snapshot));
  return { again, session: again.restore(stored) };
}

/** The same while the call rings. */
function ringingElsewhere(network: Network, bob: Party) {
  const stored: RingingSnapshot = JSON.parse(JSON.stringify(bob.call.ringingSnapshot()));
  network.detach(bob.local);
  const again = new Party(network, 'bob', bob.local.address);
  return { again, session: again.agent.restoreRinging(stored, again.events()) };
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

t.test('a call that rang at another process is answered, or cancelled', t => {
  for (const [lateOffer, negotiated] of [
    [false, true],
    [false, false],
    [true, true],
  ] as const) {
    const { network, alice, bob } = pair();
    const outbound = alice.invite(bob, { lateOffer });
    network.run();
    bob.call.progress(180);
    network.run();
    if (negotiated) bob.call.negotiate(mediaAt('192.0.2.2', 40_000));
    const { again, session } = ringingElsewhere(network, bob);
    t.equal(session.state, 'early');
    if (!negotiated) session.negotiate(mediaAt('192.0.2.2', 40_000));
    else t.throws(() => session.negotiate(mediaAt('192.0.2.2')), TypeError, 'it was negotiated');
    session.accept();
    network.run();
    t.same(alice.take(), ['180', 'confirmed sendrecv']);
    t.same(again.take(), ['confirmed sendrecv']);
    t.match(outbound.stream?.remote, { rtp: { port: 40_000 } });
    outbound.hold();
    network.run();
    t.same(again.take(), ['changed recvonly held']);
  }
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  const { again } = ringingElsewhere(network, bob);
  outbound.hangUp();
  network.run();
  t.same(again.take(), ['ended remote 487']);
  t.equal(again.agent.size, 0);
  t.end();
});

t.test('early media that was acknowledged is not said again by another process', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(mediaAt('192.0.2.2', 40_000));
  bob.call.progress(183, { withMedia: true });
  t.equal(bob.call.ringingSnapshot(), undefined, 'not while its PRACK is under way');
  network.run();
  ringingElsewhere(network, bob).session.accept();
  network.run();
  t.same(alice.take(), ['183 sendrecv', 'confirmed sendrecv']);
  t.equal(network.messages.findLast(({ kind }) => kind === 'response')?.body.length, 0);
  t.end();
});

t.test('what is no snapshot leaves nothing behind', t => {
  const { bob, inbound } = established();
  const snapshot = inbound.snapshot();
  const before = bob.agent.size;
  for (const stream of [undefined, {}, { sendCodec: 'PCMA' }]) {
    const broken = JSON.parse(
      JSON.stringify({ ...snapshot, media: stream === undefined ? undefined : { stream } }),
    );
    t.throws(() => bob.restore(broken));
  }
  t.equal(bob.agent.size, before);
  t.end();
});

t.test('a snapshot of a call that rings', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  const snapshot = bob.call.ringingSnapshot();
  if (snapshot === undefined) throw new Error('no snapshot');
  t.throws(() => bob.agent.restoreRinging({ ...snapshot, invite: '' }, {}), TypeError, 'needs its INVITE');
  bob.call.reject(486);
  t.equal(bob.call.ringingSnapshot(), undefined, 'is none when it has ended');
  t.end();
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
