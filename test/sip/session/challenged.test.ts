import t from 'tap';
import { DigestClient } from '../../../sip/digest/client.ts';
import type { SipMessage, SipRequest } from '../../../sip/message/message.ts';
import type { Session } from '../../../sip/session/session.ts';
import { mediaAt, type Network, Party, pair, respond } from './session_rig.ts';

const CHALLENGE = 'Digest realm="example.com", nonce="abc", qop="auth", algorithm=SHA-256';

function credentials(): DigestClient {
  return new DigestClient(() => ({ user: 'bob', password: 'secret' }));
}

/** Lets no BYE of this party arrive that proves nothing: it gets a 401. */
function challengeByes(network: Network, party: Party): void {
  const isBare = (message: SipMessage): message is SipRequest =>
    message.kind === 'request' && message.method === 'BYE' && !message.headers.has('authorization');
  network.loses = message => {
    if (!isBare(message)) return false;
    queueMicrotask(() => respond(party, message, 401, { 'WWW-Authenticate': CHALLENGE }));
    return true;
  };
}

/** Alice calls bob, who answers, as one process or, after `restart`, as the next. */
async function hangsUp(restart?: (network: Network, bob: Party) => { again: Party; session: Session }) {
  const { network, alice, bob } = pair();
  bob.digest = credentials();
  alice.invite(bob);
  network.run();
  bob.call.negotiate(mediaAt('192.0.2.2'));
  if (restart === undefined) bob.call.accept();
  network.run();
  const { again, session } = restart?.(network, bob) ?? { again: bob, session: bob.call };
  network.run();
  challengeByes(network, again);
  session.hangUp();
  await Promise.resolve();
  network.run();
  return alice.take();
}

t.test('a BYE in a dialog that the far end began proves itself when it is asked to', async t => {
  t.same(await hangsUp(), ['confirmed sendrecv', 'ended remote']);
});

t.test('so does one of a call that rang at another process', async t => {
  const heard = await hangsUp((network, bob) => {
    const stored = JSON.parse(JSON.stringify(bob.call.ringingSnapshot()));
    network.detach(bob.local);
    const again = new Party(network, 'bob', bob.local.address);
    const session = again.agent.restoreRinging(stored, again.events(), credentials());
    session.accept();
    return { again, session };
  });
  t.same(heard, ['confirmed sendrecv', 'ended remote']);
});
