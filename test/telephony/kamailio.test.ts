import t, { type Test } from 'tap';
import { Locator } from '../../sip/locate/locator.ts';
import { formatUri } from '../../sip/message/uri.ts';
import type { InboundSession, SessionEvents } from '../../sip/session/session.ts';
import { UserAgent } from '../../sip/session/user_agent.ts';
import { TransactionLayer } from '../../sip/transaction/transaction_layer.ts';
import { TransportLayer } from '../../sip/transport/transport_layer.ts';
import { makeTrunk } from '../../src/config/trunks.ts';
import { TrunkPeers } from '../../src/telephony/trunk_peers.ts';
import { KAMAILIO_OR_SKIP, startKamailio } from '../sip/judges/kamailio.ts';
import { mediaAt } from '../sip/session/session_rig.ts';
import { Inbox, portForBoth } from '../sip/transport/transport_rig.ts';

/** A provider: registrar, and proxy that stays on the way (record-route) and wants credentials for calls as well. */
const PROVIDER = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")

request_route {
  if (is_method("OPTIONS") && $rU == $null) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (has_totag()) {
    if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
    else sl_send_reply("404", "Not Found");
    exit;
  }
  if (is_method("REGISTER")) {
    if (pv_auth_check("trunk.example", "secret", "0", "0")) save("location");
    else auth_challenge("trunk.example", "1");
    exit;
  }
  if (!pv_auth_check("trunk.example", "secret", "0", "0")) {
    proxy_challenge("trunk.example", "1");
    exit;
  }
  consume_credentials();
  remove_hf("Route");
  record_route();
  if (lookup("location")) t_relay();
  else sl_send_reply("404", "Not Found");
}
`;

/** Writes down what a session tells. */
function listening(): { readonly told: Inbox<string>; readonly events: SessionEvents } {
  const told = new Inbox<string>();
  const events: SessionEvents = {
    progress: status => told.put(String(status)),
    confirmed: () => told.put('confirmed'),
    changed: ({ direction }) => told.put(`changed ${direction}`),
    ended: ({ by, status = '' }) => told.put(`ended ${by} ${status}`),
  };
  return { told, events };
}

/** A node's phone with one trunk, whose number is registered at the provider. */
async function phone(t: Test, number: string, provider: string) {
  const calls = new Inbox<InboundSession>();
  const registered = new Inbox<string>();
  const port = await portForBoth();
  const contactOf = () => ({ host: '127.0.0.1', port });
  const agent = new UserAgent({ handler: { incoming: session => calls.put(session) }, contactOf });
  const transactions = new TransactionLayer({ user: agent });
  const transport = new TransportLayer({ handler: transactions });
  transactions.use(transport);
  agent.use(transactions);
  for (const protocol of ['UDP', 'TCP'] as const)
    await transport.listen({ protocol, address: '127.0.0.1', port });
  const peers = new TrunkPeers({
    access: { requester: transactions, locator: new Locator(), contactOf },
    events: {
      registered: trunk => registered.put(trunk),
      notRegistered: (_, { cause }) => registered.put(cause),
    },
    folder: '.',
    env: { PASSWORD: 'secret' },
  });
  t.teardown(async () => {
    agent.close();
    await peers.end();
    await transport.close();
  });
  peers.start();
  peers.use([
    makeTrunk({
      name: 'provider',
      directions: ['inbound', 'outbound'],
      outboundProxy: provider,
      gateways: ['sip:trunk.example'],
      outboundDigest: { user: 'trunk', passwordEnv: 'PASSWORD' },
      register: { registrar: 'sip:trunk.example', addressOfRecord: `sip:${number}@trunk.example` },
    }),
  ]);
  t.equal(await registered.next(), 'provider');
  return { agent, calls, peer: peers.of('provider') };
}

for (const transport of ['udp', 'tcp'])
  t.test(`a call by way of Kamailio over ${transport}, with hold and hang-up`, KAMAILIO_OR_SKIP, async t => {
    const port = await startKamailio(t, PROVIDER);
    const provider = `sip:127.0.0.1:${port};transport=${transport}`;
    const alice = await phone(t, '+15550101', provider);
    const bob = await phone(t, '+15550102', provider);

    const [attempt] = (await alice.peer?.route({ number: '+15550102' })) ?? [];
    if (attempt === undefined) throw new Error('no way to call');
    const ours = listening();
    const outbound = alice.agent.invite({ ...attempt, media: mediaAt('127.0.0.1') }, ours.events);

    const inbound = await bob.calls.next();
    const theirs = listening();
    inbound.listen(theirs.events);
    t.equal(formatUri(inbound.identity.from.uri), 'sip:+15550101@trunk.example');
    t.equal(inbound.invite.headers.has('proxy-authorization'), false, 'credentials stay with the provider');
    t.equal(inbound.flow.remote.port === port || transport === 'tcp', true);
    inbound.negotiate(mediaAt('127.0.0.1', 32_000));
    inbound.progress(180);
    t.equal(await ours.told.next(), '180');
    inbound.accept();
    t.equal(await ours.told.next(), 'confirmed');
    t.equal(await theirs.told.next(), 'confirmed', 'the ACK found its way along the recorded route');

    outbound.hold();
    t.equal(await theirs.told.next(), 'changed recvonly');
    t.equal(await ours.told.next(), 'changed sendonly');
    inbound.hangUp();
    t.match(await theirs.told.next(), /^ended local/);
    t.match(await ours.told.next(), /^ended remote/);

    const nobody = listening();
    const [absent] = (await alice.peer?.route({ number: '+15550199' })) ?? [];
    if (absent === undefined) throw new Error('no way to call');
    alice.agent.invite({ ...absent, media: mediaAt('127.0.0.1') }, nobody.events);
    t.equal(await nobody.told.next(), 'ended remote 404', 'with the nonce of before, which is counted on');
  });
