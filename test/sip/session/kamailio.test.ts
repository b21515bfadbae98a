import t from 'tap';
import { formatUri } from '../../../sip/message/uri.ts';
import type { Session, SessionEvents } from '../../../sip/session/session.ts';
import { KAMAILIO_OR_SKIP, startKamailio } from '../judges/kamailio.ts';
import { address } from '../transport/requests.ts';
import { Inbox } from '../transport/transport_rig.ts';
import { realAgent } from './real_agent.ts';

/** A proxy that stays in the way of every dialog (RFC 3261 §16.12) and goes by the Request-URI. */
const PROXY = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"

request_route {
  if (is_method("OPTIONS") && $rU == $null) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("CANCEL")) {
    t_relay();
    exit;
  }
  if (has_totag()) {
    if (!loose_route()) {
      sl_send_reply("404", "Not Here");
      exit;
    }
    t_relay();
    exit;
  }
  loose_route();
  record_route();
  t_relay();
}
`;

function telling(heard: Inbox<string>): SessionEvents {
  return {
    confirmed: ({ direction }) => heard.put(`confirmed ${direction}`),
    changed: ({ direction }) => heard.put(`changed ${direction}`),
    ended: ({ by }) => heard.put(`ended ${by}`),
  };
}

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`a call through Kamailio with record-route over ${protocol}`, KAMAILIO_OR_SKIP, async t => {
    const proxyPort = await startKamailio(t, PROXY);
    const heard = new Inbox<string>();
    const answered = new Inbox<Session>();
    const bob = await realAgent(t, { incoming: session => answered.put(session) });
    const alice = await realAgent(t);
    const transport = `transport=${protocol.toLowerCase()}`;
    const hop = { protocol, address: '127.0.0.1', port: proxyPort };
    const call = alice.call(
      hop,
      {
        target: address(`<sip:bob@127.0.0.1:${bob.port};${transport}>`).uri,
        routes: [address(`<sip:127.0.0.1:${proxyPort};${transport};lr>`)],
      },
      telling(heard),
    );
    const inbound = await answered.next();
    const atBob = new Inbox<string>();
    inbound.listen(telling(atBob));
    t.equal(await heard.next(), 'confirmed sendrecv');
    t.equal(await atBob.next(), 'confirmed sendrecv');
    t.same(
      inbound.snapshot()?.dialog.routeSet.map(({ uri }) => formatUri(uri).split(';')[0]),
      [`sip:127.0.0.1:${proxyPort}`],
      'the proxy is in the route set',
    );
    call.hold();
    t.equal(await heard.next(), 'changed sendonly');
    t.equal(await atBob.next(), 'changed recvonly');
    inbound.hold();
    t.equal(await atBob.next(), 'changed inactive');
    t.equal(await heard.next(), 'changed inactive');
    const status = new Inbox<number>();
    inbound.info('text/plain', Buffer.from('1'), one => status.put(one));
    t.equal(await status.next(), 415, 'an INFO arrives, and nobody takes it');
    inbound.hangUp();
    t.equal(await heard.next(), 'ended remote');
    t.equal(await atBob.next(), 'ended local');
  });
