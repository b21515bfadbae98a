import { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { TCP_SOCKETS } from '../../../sip/transport/connection_pool.ts';
import { HandClock } from './hand_clock.ts';
import { requestOf } from './requests.ts';
import { bareUdp, Rig } from './transport_rig.ts';

const LOOPBACK = '127.0.0.1';
const LONG = requestOf('INVITE', { body: Buffer.alloc(2_000, 'x') });

/** A far end that answers no attempt to connect. */
async function silent(t: Test) {
  const clock = new HandClock();
  let connects = 0;
  const connect = (): Socket => {
    connects += 1;
    return Object.assign(new Socket(), { connecting: true });
  };
  const rig = new Rig(t, { clock, sockets: { ...TCP_SOCKETS, connect } });
  await rig.listen('UDP');
  await rig.listen('TCP');
  const { port, inbox } = await bareUdp(t);
  const send = (protocol: 'UDP' | 'TCP' = 'UDP') =>
    rig.transport.sendRequest(LONG, { protocol, address: LOOPBACK, port }, rig.watcher);
  return { clock, rig, inbox, send, connects: () => connects };
}

t.test('a request that takes TCP for its size alone does not wait long for a connection', async t => {
  const { clock, rig, inbox, send } = await silent(t);
  const sending = send();
  clock.turn(SIP_LIMITS.connectForSizeMs - 1);
  t.equal(sending.hop.protocol, 'TCP');
  clock.turn(1);
  t.match(await inbox.next(), /^INVITE/);
  t.equal(rig.fallbacks, 1);
  t.equal(rig.failures.length, 0);
});

t.test('the next one goes by UDP at once, for a while', async t => {
  const { clock, rig, inbox, send, connects } = await silent(t);
  send();
  clock.turn(SIP_LIMITS.connectForSizeMs);
  await inbox.next();
  t.equal(send().reliable, false);
  t.match(await inbox.next(), /^INVITE/);
  t.equal(connects(), 1);
  clock.turn(SIP_LIMITS.streamlessMs);
  t.equal(send().reliable, true, 'then TCP is tried again');
  t.equal(connects(), 2);
  t.equal(rig.failures.length, 0);
});

t.test('a request that is to go by TCP waits longer, and does not go by UDP', async t => {
  const { clock, rig, inbox, send } = await silent(t);
  send('TCP');
  clock.turn(SIP_LIMITS.connectMs - 1);
  t.equal(rig.failures.length, 0);
  clock.turn(1);
  t.match(await rig.failures.next(), { cause: 'unreachable' });
  t.equal(inbox.length, 0);
});
