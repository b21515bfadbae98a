import t from 'tap';
import { requestOf } from '../transport/requests.ts';
import { isClean, pair } from './session_rig.ts';

/** Bob, on whose end what the user does throws; two calls of alice's with him. */
function twoCalls() {
  const rig = pair();
  const { network, alice, bob } = rig;
  bob.answers();
  const faults: unknown[] = [];
  bob.onBroken = error => faults.push(error);
  const [first, second] = [alice.invite(bob), alice.invite(bob)];
  network.run();
  for (const party of [alice, bob]) party.take();
  network.take();
  return { ...rig, first, second, faults };
}

t.test('a fault in the work on a request ends its call, and no other', t => {
  const { network, alice, bob, first, second, faults } = twoCalls();
  const [session] = bob.calls;
  session?.listen({
    ...bob.events(),
    info: () => {
      throw new TypeError('a fault of ours');
    },
  });
  const statuses: number[] = [];
  first.info('text/plain', Buffer.from('1'), status => statuses.push(status));
  network.run();
  t.same(statuses, [500]);
  t.same(bob.take(), ['ended error']);
  t.same(alice.take(), ['ended remote'], 'its far end hears a BYE');
  t.match(faults, [{ message: 'a fault of ours' }]);
  t.equal(second.state, 'confirmed');
  second.hangUp();
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('so does one in the work on a response', t => {
  const { network, alice, bob, second, faults } = twoCalls();
  const [session] = bob.calls;
  session?.listen({
    ...bob.events(),
    changed: () => {
      throw new TypeError('a fault of ours');
    },
  });
  session?.hold();
  network.run();
  t.same(bob.take(), ['ended error']);
  t.match(alice.take(), ['changed recvonly held', 'ended remote']);
  t.equal(faults.length, 1);
  t.equal(second.state, 'confirmed');
  second.hangUp();
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a call that can not even begin is refused', t => {
  const { network, alice, bob, faults } = twoCalls();
  bob.onIncoming = () => {
    throw new TypeError('a fault of ours');
  };
  alice.invite(bob);
  network.run();
  t.same(alice.take(), ['ended remote 500']);
  t.equal(faults.length, 1);
  t.end();
});

t.test("a fault that belongs to no session is nobody's to hold back", t => {
  const { network, alice, bob } = pair();
  bob.onBroken = () => t.fail('no session was given up');
  bob.transactions.send(
    requestOf('OPTIONS'),
    { protocol: 'UDP', ...alice.local },
    {
      response: () => {
        throw new TypeError('a fault of ours');
      },
      failed: () => undefined,
    },
  );
  t.throws(() => network.run(), TypeError);
  t.end();
});
