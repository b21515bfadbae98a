import t from 'tap';
import { drawFrom, mutate } from '../../../bench/hostile/mutate.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { SdpRejection } from '../../../sip/sdp/rejection.ts';
import type { InboundSession } from '../../../sip/session/session.ts';
import { isClean, mediaAt, type Party, pair } from './session_rig.ts';

const CALLS = 12;
const MESSAGES = 250;

/** Takes whatever calls come of it. */
function take(session: InboundSession): void {
  try {
    session.negotiate(mediaAt('192.0.2.2', 40_000));
    session.progress(183, { withMedia: true });
    session.accept();
  } catch (error) {
    if (!(error instanceof SdpRejection)) throw error;
    session.rejectWith(error);
  }
}

t.test('mutations of the messages of real calls: nothing is thrown, and nothing stays behind', t => {
  const draw = drawFrom(11);
  for (let call = 0; call < CALLS; call++) {
    const { network, alice, bob } = pair(call + 1);
    alice.onIncoming = take;
    bob.onIncoming = take;
    const outbound = alice.invite(bob, { lateOffer: call % 3 === 0 });
    network.run();
    outbound.hold();
    network.run(draw(30));
    bob.call.hold();
    network.run(draw(30));
    const originals = network.messages.map(message => serialize(message));
    for (let round = 0; round < MESSAGES; round++) {
      const [to, from]: [Party, Party] = draw(2) === 0 ? [alice, bob] : [bob, alice];
      const bytes = mutate(originals[draw(originals.length)] ?? Buffer.alloc(0), originals, draw);
      to.receive(bytes, { protocol: 'UDP', local: to.local, remote: from.local });
      if (round % 10 === 0) network.run(draw(1_000));
      if (round % 50 === 0) bob.call.reoffer();
    }
    for (const session of [outbound, ...alice.calls, ...bob.calls]) session.hangUp();
    network.run(4_000_000);
    if (!isClean(network, alice, bob)) t.fail(`call ${call} left something`);
  }
  t.pass(`${CALLS * MESSAGES} messages`);
  t.end();
});
