import t from 'tap';
import { established, isClean, pair } from './session_rig.ts';

t.test('a call: INVITE, 180, 200, ACK, BYE, and nothing is left of it', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  const inbound = bob.call;
  t.equal(inbound.hasOffer, true);
  inbound.progress(180);
  network.run();
  t.equal(inbound.negotiate({ ...mediaOfBob() })?.sendCodec.name, 'PCMA');
  inbound.accept();
  t.equal(inbound.state, 'early');
  network.run();
  t.same(alice.take(), ['180', 'confirmed sendrecv']);
  t.same(bob.take(), ['confirmed sendrecv']);
  t.equal(inbound.state, 'confirmed');
  t.equal(outbound.state, 'confirmed');
  t.equal(outbound.remoteTag, inbound.localTag);
  outbound.hangUp();
  t.same(alice.take(), ['ended local']);
  network.run();
  t.same(bob.take(), ['ended remote']);
  t.same(network.take(), [
    'alice INVITE',
    'bob 180 INVITE',
    'bob 200 INVITE',
    'alice ACK',
    'alice BYE',
    'bob 200 BYE',
  ]);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('the callee hangs up', t => {
  const { network, alice, bob, inbound } = established();
  inbound.hangUp({ reason: { protocol: 'Q.850', cause: 16, text: 'done; "really"' } });
  network.run();
  t.same(alice.take(), ['ended remote']);
  t.match(alice.endings, [{ reasons: [{ protocol: 'Q.850', cause: 16, text: 'done; "really"' }] }]);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

function mediaOfBob() {
  return {
    capabilities: { codecs: ['PCMA'], eventClocksHz: [8000], ptimeMs: 20, maxPtimeMs: 60 },
    local: { addresses: ['192.0.2.2'], rtpPort: 40_000, rtcpPort: 40_001 },
  } as const;
}
