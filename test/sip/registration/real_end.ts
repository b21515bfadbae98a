import type { Test } from 'tap';
import { Locator } from '../../../sip/locate/locator.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import type { Account } from '../../../sip/registration/account.ts';
import { type Binding, Registration } from '../../../sip/registration/registration.ts';
import { TransactionLayer } from '../../../sip/transaction/transaction_layer.ts';
import { TransportLayer } from '../../../sip/transport/transport_layer.ts';
import { sipUri } from '../far_end.ts';
import { Inbox, portForBoth } from '../transport/transport_rig.ts';

/** This end on real sockets of the loopback, UDP and TCP on one port; it answers 200 to all that reaches it. */
export async function realEnd(t: Test) {
  const requests = new Inbox<SipRequest>();
  const layer = new TransactionLayer({
    user: {
      request: server => {
        requests.put(server.request);
        server.respond(200);
      },
      ack: () => undefined,
      strayResponse: () => undefined,
      rejected: () => false,
      fault: () => undefined,
    },
  });
  const transport = new TransportLayer({ handler: layer });
  layer.use(transport);
  t.teardown(() => transport.close());
  const port = await portForBoth();
  for (const protocol of ['UDP', 'TCP'] as const)
    await transport.listen({ protocol, address: '127.0.0.1', port });
  return { layer, port, requests };
}

/** Such an end with a registration of user `trunk` that is yet to be started, and what that tells. */
export async function registeringEnd(t: Test, registrar: string, account: Partial<Account> = {}) {
  const end = await realEnd(t);
  const told = new Inbox<Binding | string>();
  const registration = new Registration({
    account: {
      registrar: sipUri(registrar),
      addressOfRecord: sipUri('sip:trunk@trunk.example'),
      contactUser: 'line1',
      expiresS: 3600,
      routes: [],
      credentialsFor: () => ({ user: 'trunk', password: 'secret' }),
      ...account,
    },
    access: {
      requester: end.layer,
      locator: new Locator(),
      contactOf: () => ({ host: '127.0.0.1', port: end.port }),
    },
    events: { registered: binding => told.put(binding), failed: ({ cause }) => told.put(cause) },
  });
  return { ...end, told, registration };
}
