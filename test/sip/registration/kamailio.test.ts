import t from 'tap';
import type { DigestAlgorithm } from '../../../sip/digest/algorithm.ts';
import { OptionsProbe } from '../../../sip/health/options_probe.ts';
import { Locator } from '../../../sip/locate/locator.ts';
import { newRequest } from '../../../sip/message/build.ts';
import { formatNameAddr } from '../../../sip/message/name_addr.ts';
import { ask } from '../../../sip/transaction/ask.ts';
import type { Hop } from '../../../sip/transport/transport.ts';
import { sipUri } from '../far_end.ts';
import { KAMAILIO_OR_SKIP, startKamailio } from '../judges/kamailio.ts';
import { address } from '../transport/requests.ts';
import { Inbox } from '../transport/transport_rig.ts';
import { realEnd, registeringEnd } from './real_end.ts';

/** A registrar with digest that takes two minutes at most, names a route, and passes on what is for who is registered. */
function registrar(algorithm: DigestAlgorithm): string {
  return `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "${algorithm}")
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("registrar", "max_expires", 120)

request_route {
  if (is_method("OPTIONS") && $rU == $null) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_auth_check("trunk.example", "secret", "0", "1")) {
      auth_challenge("trunk.example", "1");
      exit;
    }
    append_to_reply("Service-Route: <sip:127.0.0.1;lr>\\r\\n");
    save("location");
    exit;
  }
  if (!lookup("location")) {
    sl_send_reply("404", "Not Found");
    exit;
  }
  t_relay();
}
`;
}

for (const protocol of ['UDP', 'TCP'] as const)
  for (const algorithm of ['MD5', 'SHA-256'] as const)
    t.test(`registered at Kamailio over ${protocol} with ${algorithm}`, KAMAILIO_OR_SKIP, async t => {
      const port = await startKamailio(t, registrar(algorithm));
      const { layer, requests, told, registration } = await registeringEnd(
        t,
        `sip:127.0.0.1:${port};transport=${protocol.toLowerCase()}`,
      );
      const startedMs = performance.now();
      registration.start();
      const binding = await told.next();
      if (typeof binding === 'string') throw new Error(binding);
      const grantedMs = binding.untilMs - startedMs;
      t.ok(grantedMs >= 120_000 && grantedMs < 130_000, `two minutes are granted: ${grantedMs} ms`);
      t.same(binding.serviceRoutes.map(formatNameAddr), ['<sip:127.0.0.1;lr>']);

      const hop: Hop = { protocol, address: '127.0.0.1', port };
      const passedOn = newRequest({
        method: 'MESSAGE',
        uri: sipUri('sip:trunk@trunk.example'),
        from: address('<sip:caller@example.com>'),
        to: address('<sip:trunk@trunk.example>'),
        cseq: 1,
      });
      t.match(await ask(layer, passedOn, hop), { status: 200 });
      t.match(await requests.next(), { method: 'MESSAGE', uri: { user: 'line1' } }, 'what is for it arrives');

      await registration.end();
      t.match(
        await ask(layer, { ...passedOn, callId: 'later' }, hop),
        { status: 404 },
        'and no longer at the end',
      );
    });

t.test('what Kamailio refuses', KAMAILIO_OR_SKIP, async t => {
  const port = await startKamailio(t, registrar('MD5'));
  const { told, registration } = await registeringEnd(t, `sip:127.0.0.1:${port}`, {
    credentialsFor: () => ({ user: 'trunk', password: 'wrong' }),
  });
  registration.start();
  t.equal(await told.next(), 'credentials');
  await registration.end();
});

t.test('Kamailio answers whether it is there', KAMAILIO_OR_SKIP, async t => {
  const port = await startKamailio(t, registrar('MD5'));
  const { layer } = await realEnd(t);
  const statuses = new Inbox<number>();
  const probe = new OptionsProbe({
    target: sipUri(`sip:127.0.0.1:${port}`),
    from: address('<sip:trunkline@127.0.0.1>'),
    routes: [],
    everyMs: 60_000,
    requester: {
      send: (request, hop, events) =>
        layer.send(request, hop, {
          ...events,
          response: (response, flow) => {
            statuses.put(response.status);
            events.response(response, flow);
          },
        }),
    },
    locator: new Locator(),
    changed: () => undefined,
    random: () => 0,
  });
  probe.start();
  t.equal(await statuses.next(), 200);
  t.equal(probe.isUp, true);
  probe.end();
});
