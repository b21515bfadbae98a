import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { newCallId } from '../../../sip/message/ids.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { address, requestOf } from '../transport/requests.ts';
import { flowBy, Rig } from './transaction_rig.ts';

function inDialog(method: string, parts: Parameters<typeof requestOf>[1] = {}): SipRequest {
  return requestOf(method, { to: address('<sip:bob@example.com>;tag=b'), ...parts });
}

t.test('the requests of one call take the places of no other', async t => {
  const rig = new Rig({ callTransactions: 10 });
  for (let round = 0; round < 100; round++) rig.receive(inDialog('INFO', { callId: 'flood' }))?.respond(200);
  t.equal(rig.layer.size.servers, 10);
  t.match(rig.transport.sent.at(-1), { status: 503 });
  t.ok(rig.receive(inDialog('INFO', { callId: 'another' })));
  rig.clock.turn(32_000);
  t.ok(rig.receive(inDialog('INFO', { callId: 'flood' })), 'there is room again');
});

t.test('requests of one call hold so many bytes and no more, in bodies or in header fields', async t => {
  const text = 'x'.repeat(4_000);
  for (const long of [
    { body: Buffer.from(text) },
    { headers: Headers.of({ Subject: text }) },
    { routes: Array.from({ length: 40 }, () => address(`<sip:${text.slice(0, 100)}@example.com>`)) },
  ]) {
    const rig = new Rig({ callBytes: 10_000 });
    for (let round = 0; round < 10; round++) rig.receive(inDialog('INFO', { callId: 'flood', ...long }));
    t.ok(rig.servers.length > 1 && rig.servers.length < 4, `${rig.servers.length} are held`);
    t.ok(rig.receive(inDialog('INFO', { callId: 'another' })));
  }
});

t.test('one address leaves places for the others', async t => {
  const rig = new Rig({ sourceTransactions: 10 });
  for (let round = 0; round < 100; round++) rig.receive(inDialog('INFO', { callId: newCallId() }));
  t.equal(rig.layer.size.servers, 10);
  rig.layer.request(inDialog('INFO'), {
    ...flowBy('UDP'),
    remote: { address: '192.0.2.77', port: 5060 },
  });
  t.equal(rig.layer.size.servers, 11);
});

t.test('a BYE finds a place when all are taken, and so do not many of one call', async t => {
  const rig = new Rig({ serverTransactions: 10, callTransactions: 5, byeTransactions: 3 });
  for (let round = 0; round < 100; round++) rig.receive(inDialog('INFO', { callId: `${round % 4}` }));
  t.equal(rig.layer.size.servers, 10);
  for (let round = 0; round < 100; round++) rig.receive(inDialog('BYE', { callId: 'over' }));
  t.equal(rig.servers.filter(({ request }) => request.method === 'BYE').length, 5 + 3);
  rig.clock.turn(32_000);
  t.ok(rig.isEmpty);
});
