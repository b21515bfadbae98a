import t from 'tap';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { mutations } from '../message/mutate.ts';
import { requestOf } from '../transport/requests.ts';
import { flowBy, Rig } from './transaction_rig.ts';

/** How many mutated messages go through the layer; 100 000 before a release. */
const COUNT = Number(process.env.SIP_MUTATIONS ?? 3_000);
const STATUSES = [100, 180, 200, 200, 302, 404, 486, 503];

t.test(
  `${COUNT} mutated messages, each answered somehow: no state is left, and every answer can be written`,
  async t => {
    const rig = new Rig();
    const flow = flowBy('UDP');
    let answered = 0;
    let round = 0;
    for (const bytes of mutations(0x17_2261, COUNT)) {
      round++;
      const result = parseDatagram(bytes);
      if (result.outcome === 'rejected') rig.layer.rejected(result, flow);
      else if (result.outcome === 'message' && result.message.kind === 'response')
        rig.layer.response(result.message, flow);
      else if (result.outcome === 'message' && result.message.kind === 'request')
        rig.layer.request(result.message, flow);
      for (const server of rig.servers.splice(0)) server.respond(STATUSES[round % STATUSES.length] ?? 200);
      for (const sent of rig.transport.sent.splice(0)) {
        if (parseDatagram(serialize(sent)).outcome === 'rejected') t.fail(bytes.toString('latin1'));
        answered++;
      }
      rig.transport.rejections.length = 0;
      rig.acks.length = 0;
      if (round % 50 === 0) rig.clock.turn(4_000);
    }
    t.ok(answered > COUNT / 20, `${answered} answers`);
    rig.clock.turn(64_000);
    // INVITEs that only rang wait for their user, as a telephone may.
    const ringing = rig.layer.size.servers;
    t.equal(rig.clock.waiting, 0);
    t.equal(rig.layer.size.clients, 0);
    t.ok(ringing < COUNT / 4);
  },
);

t.test('a flood of INVITEs holds no more than the limit, and is forgotten', async t => {
  const rig = new Rig({ serverTransactions: 100, clientTransactions: 100 });
  for (let call = 0; call < 2_000; call++) {
    rig.receive(requestOf('INVITE', { callId: `flood-${call}` }));
    rig.transport.sent.length = 0;
  }
  t.equal(rig.servers.length, 100);
  t.equal(rig.layer.size.servers, 100);
  for (const server of rig.servers) server.respond(503);
  rig.clock.turn(32_000);
  t.ok(rig.isEmpty);
});
