import t from 'tap';
import type { SipMessage } from '../../../sip/message/message.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { requestOf } from '../transport/requests.ts';
import { Network, Party } from './session_rig.ts';

/** Outside of calls. */
const ANSWERS = { OPTIONS: 200, REGISTER: 405, MESSAGE: 405, TELEPORT: 405, BYE: 481, INFO: 481, PRACK: 481 };

t.test('what begins no call is answered without state, each copy alike', t => {
  const network = new Network();
  const bob = new Party(network, 'bob', '192.0.2.2', { handler: { incoming: () => undefined } });
  const flow = { protocol: 'UDP', local: bob.local, remote: { address: '192.0.2.1', port: 5060 } } as const;
  const answersTo = (method: string): SipMessage[] => {
    const bytes = serialize(requestOf(method));
    bob.receive(bytes, flow);
    bob.receive(bytes, flow);
    return network.messages.splice(0);
  };
  for (const [method, status] of Object.entries(ANSWERS)) {
    const [first, second] = answersTo(method);
    t.match(first, { status }, method);
    t.same(second, first);
  }
  t.same(bob.transactions.size, { clients: 0, servers: 0 });
  t.end();
});

t.test('a user that takes other requests has them in transactions', t => {
  const network = new Network();
  const bob = new Party(network, 'bob', '192.0.2.2');
  const flow = { protocol: 'UDP', local: bob.local, remote: { address: '192.0.2.1', port: 5060 } } as const;
  bob.receive(serialize(requestOf('MESSAGE')), flow);
  t.equal(bob.others.length, 1);
  t.equal(bob.transactions.size.servers, 1);
  t.end();
});
