import t, { type Test } from 'tap';
import { newRequest } from '../../../sip/message/build.ts';
import type { SipRequest, SipResponse } from '../../../sip/message/message.ts';
import type { ServerTransaction } from '../../../sip/transaction/server_transaction.ts';
import { TransactionLayer } from '../../../sip/transaction/transaction_layer.ts';
import type { Hop, TransportFailure } from '../../../sip/transport/transport.ts';
import { TransportLayer } from '../../../sip/transport/transport_layer.ts';
import { address } from '../transport/requests.ts';
import { bareUdp, Inbox, portForBoth } from '../transport/transport_rig.ts';

/** Transactions on real sockets of the loopback, UDP and TCP on one port. */
async function endpoint(t: Test) {
  const servers = new Inbox<ServerTransaction>();
  const acks = new Inbox<SipRequest>();
  const responses = new Inbox<SipResponse>();
  const failures = new Inbox<string>();
  const layer = new TransactionLayer({
    user: {
      request: server => servers.put(server),
      ack: ack => acks.put(ack),
      strayResponse: response => responses.put(response),
      rejected: () => true,
      fault: ({ cause }: TransportFailure) => failures.put(cause),
    },
  });
  const transport = new TransportLayer({ handler: layer });
  layer.use(transport);
  t.teardown(() => transport.close());
  const port = await portForBoth();
  for (const protocol of ['UDP', 'TCP'] as const)
    await transport.listen({ protocol, address: '127.0.0.1', port });
  const send = (request: SipRequest, hop: Hop) =>
    layer.send(request, hop, {
      response: response => responses.put(response),
      failed: ({ cause }) => failures.put(cause),
    });
  return { layer, port, servers, acks, responses, failures, send };
}

function requestTo(port: number, method: string, cseq: number, body = Buffer.alloc(0)): SipRequest {
  const bob = address(`<sip:bob@127.0.0.1:${port}>`);
  return newRequest({
    method,
    uri: bob.uri,
    from: address('<sip:alice@127.0.0.1>;tag=a'),
    to: bob,
    callId: `over-sockets-${method}`,
    cseq,
    body,
  });
}

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`a call over ${protocol}: INVITE, 180, 200, ACK, BYE`, async t => {
    const [alice, bob] = [await endpoint(t), await endpoint(t)];
    const hop: Hop = { protocol, address: '127.0.0.1', port: bob.port };
    const client = alice.send(requestTo(bob.port, 'INVITE', 1), hop);
    const server = await bob.servers.next();
    server.respond(180);
    server.respond(200, { contacts: [address(`<sip:bob@127.0.0.1:${bob.port}>`)] });
    t.equal((await alice.responses.next()).status, 180);
    const ok = await alice.responses.next();
    t.match(ok, {
      status: 200,
      contacts: [{ uri: { user: 'bob' } }],
      to: { params: [{ name: 'tag', value: server.localTag }] },
    });
    alice.layer.sendAck({ ...requestTo(bob.port, 'ACK', 1), to: ok.to }, client.hop, {
      failed: () => undefined,
    });
    t.match(await bob.acks.next(), { method: 'ACK', to: ok.to });
    alice.send({ ...requestTo(bob.port, 'BYE', 2), to: ok.to }, hop);
    (await bob.servers.next()).respond(200);
    t.match(await alice.responses.next(), { status: 200, cseq: { method: 'BYE' } });
    t.equal(alice.failures.length + bob.failures.length, 0);
  });

t.test('a cancelled call: 200 to the CANCEL, 487 and its ACK', async t => {
  const [alice, bob] = [await endpoint(t), await endpoint(t)];
  const client = alice.send(requestTo(bob.port, 'INVITE', 1), {
    protocol: 'UDP',
    address: '127.0.0.1',
    port: bob.port,
  });
  const server = await bob.servers.next();
  const acknowledged = new Promise<void>(resolve => {
    server.watch({ cancelled: () => void server.respond(487), acknowledged: resolve });
  });
  server.respond(180);
  await alice.responses.next();
  client.cancel();
  t.equal((await alice.responses.next()).status, 487);
  await acknowledged;
  t.equal(server.state, 'confirmed');
});

t.test('a long INVITE by UDP is refused over TCP, and acknowledged there', async t => {
  const [alice, bob] = [await endpoint(t), await endpoint(t)];
  const client = alice.send(requestTo(bob.port, 'INVITE', 1, Buffer.alloc(3_000, 'x')), {
    protocol: 'UDP',
    address: '127.0.0.1',
    port: bob.port,
  });
  const server = await bob.servers.next();
  t.equal(server.flow.protocol, 'TCP');
  const acknowledged = new Promise<void>(resolve => server.watch({ acknowledged: resolve }));
  server.respond(488);
  t.equal((await alice.responses.next()).status, 488);
  await acknowledged;
  t.equal(client.hop.protocol, 'TCP');
  t.equal(server.state, 'terminated');
});

t.test('a request that cannot be read is answered by the layer', async t => {
  const bob = await endpoint(t);
  const { send, inbox } = await bareUdp(t);
  send(
    'OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1\r\nCSeq: 1 BYE\r\n\r\n',
    bob.port,
  );
  t.match(
    await inbox.next(),
    /^SIP\/2\.0 400 Bad Request \(no from\)\r\nVia: SIP\/2\.0\/UDP 127\.0\.0\.1;rport=\d+;branch=z9hG4bK1;received=127\.0\.0\.1\r\n/,
  );
});
