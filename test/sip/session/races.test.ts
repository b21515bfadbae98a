import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { established, isClean, mediaAt, pair } from './session_rig.ts';

t.test('a 200 whose ACK is lost is repeated after T1, doubling to T2, and each copy gets an ACK', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  let acks = 0;
  network.loses = message => message.kind === 'request' && message.method === 'ACK' && ++acks <= 5;
  alice.invite(bob);
  network.run(12_000);
  t.same(network.take(), [
    'alice INVITE',
    'bob 200 INVITE',
    'alice ACK',
    ...Array.from({ length: 5 }, () => ['bob 200 INVITE', 'alice ACK']).flat(),
  ]);
  t.same(alice.take(), ['confirmed sendrecv'], 'heard once');
  t.same(bob.take(), ['confirmed sendrecv']);
  network.run(60_000);
  t.same(network.take(), []);
  t.end();
});

t.test('a 200 that nobody acknowledges in 64·T1 ends in BYE', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  network.loses = message => message.kind === 'request' && message.method === 'ACK';
  alice.invite(bob);
  network.run(32_100);
  t.same(bob.take(), ['ended timeout']);
  t.same(alice.take(), ['confirmed sendrecv', 'ended remote']);
  t.equal(network.take().filter(one => one === 'bob 200 INVITE').length, 11);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a lost 200 is repeated before any INVITE is', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  let oks = 0;
  network.loses = message => message.kind === 'response' && ++oks === 1;
  alice.invite(bob);
  network.run(2_000);
  t.same(alice.take(), ['confirmed sendrecv']);
  t.equal(bob.calls.length, 1, 'the INVITE sent again makes no second call');
  t.end();
});

t.test('who hangs up before the ACK came sends BYE when it comes', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  let isLost = true;
  network.loses = message => isLost && message.kind === 'request' && message.method === 'ACK';
  alice.invite(bob);
  network.run();
  bob.call.hangUp();
  t.same(bob.take(), ['ended local']);
  network.run();
  t.notOk(network.take().includes('bob BYE'));
  isLost = false;
  network.run(1_000);
  t.same(network.take(), ['bob 200 INVITE', 'alice ACK', 'bob BYE', 'alice 200 BYE']);
  t.same(alice.take(), ['confirmed sendrecv', 'ended remote']);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('who hangs up before an ACK that never comes sends BYE after 64·T1', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  network.loses = message => message.kind === 'request' && message.method === 'ACK';
  alice.invite(bob);
  network.run();
  bob.call.hangUp();
  network.run(31_800);
  t.notOk(network.take().includes('bob BYE'));
  network.run(200);
  t.ok(network.take().includes('bob BYE'));
  t.same(bob.take(), ['ended local']);
  t.end();
});

t.test('a rejection that comes after the acceptance is a hang-up', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  alice.invite(bob);
  network.run(15);
  t.equal(bob.call.state, 'early', 'no ACK yet');
  bob.call.reject(503);
  t.same(bob.take(), ['ended local']);
  network.run();
  t.same(network.take(), ['alice INVITE', 'bob 200 INVITE', 'alice ACK', 'bob BYE', 'alice 200 BYE']);
  t.same(alice.take(), ['confirmed sendrecv', 'ended remote']);
  t.end();
});

t.test('Expires says how long the caller wants to wait (§13.3.1)', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob, { headers: Headers.of({ Expires: '20' }) });
  network.run();
  bob.call.progress(180);
  network.run(19_800);
  t.same(bob.take(), []);
  network.run(200);
  t.same(bob.take(), ['ended timeout 487']);
  t.same(alice.take(), ['180', 'ended remote 487']);
  t.end();
});

t.test('CANCEL while it rings: 200 to it, 487 to the INVITE', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  outbound.hangUp({ reason: { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' } });
  t.same(alice.take(), ['180', 'ended local 487']);
  network.run();
  t.same(bob.take(), ['ended remote 487']);
  t.match(bob.endings, [{ reasons: [{ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }] }]);
  t.same(network.take(), [
    'alice INVITE',
    'bob 180 INVITE',
    'alice CANCEL',
    'bob 200 CANCEL',
    'bob 487 INVITE',
    'alice ACK',
  ]);
  bob.call.accept();
  bob.call.reject(486);
  bob.call.progress(180);
  t.same(network.take(), [], 'nothing can be said to it any more');
  network.run(400_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('an early dialog of a call that was given up is none', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  network.loses = message => message.kind === 'request' && message.method === 'CANCEL';
  outbound.hangUp();
  bob.call.info('text/plain', Buffer.from('1'));
  network.run();
  t.ok(network.take().includes('alice 481 INFO'));
  t.end();
});

t.test('CANCEL waits for the first provisional response', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  outbound.hangUp();
  network.run(190);
  t.same(network.take(), ['alice INVITE']);
  network.run();
  t.same(network.take(), ['bob 100 INVITE', 'alice CANCEL', 'bob 200 CANCEL', 'bob 487 INVITE', 'alice ACK']);
  t.same(bob.take(), ['ended remote 487']);
  t.end();
});

t.test('CANCEL that crosses the 200: the call is acknowledged and hung up', t => {
  const { network, alice, bob } = pair();
  const outbound = alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run();
  bob.call.negotiate(mediaAt('192.0.2.2'));
  bob.call.accept();
  outbound.hangUp();
  network.take();
  network.run();
  t.same(network.take(), ['alice ACK', 'alice BYE', 'bob 200 CANCEL', 'bob 200 BYE']);
  t.same(alice.take(), ['180', 'ended local 487']);
  t.same(bob.take(), ['confirmed sendrecv', 'ended remote']);
  network.run(400_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('BYEs that cross are both answered with 200', t => {
  const { network, alice, bob, outbound, inbound } = established();
  outbound.hangUp();
  inbound.hangUp();
  network.run();
  t.same(network.take(), ['alice BYE', 'bob BYE', 'bob 200 BYE', 'alice 200 BYE']);
  t.same(alice.take(), ['ended local']);
  t.same(bob.take(), ['ended local']);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a BYE that nobody answers ends the session all the same', t => {
  const { network, alice, bob, outbound } = established();
  network.loses = () => true;
  outbound.hangUp();
  network.run(31_000);
  t.equal(alice.agent.size, 1);
  network.run(120_000);
  t.same(alice.take(), ['ended local']);
  t.equal(alice.agent.size, 0);
  t.equal(bob.agent.size, 1);
  network.run(1_800_000);
  t.same(bob.take(), ['ended timeout'], 'the session timer finds it');
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('requests of the far end after our BYE', t => {
  const { network, alice, outbound, inbound } = established();
  outbound.hangUp();
  inbound.info('text/plain', Buffer.from('late'));
  inbound.hold();
  network.run();
  t.same(alice.take(), ['ended local'], 'are not heard');
  t.same(
    network.take().filter(one => one.startsWith('alice ')),
    ['alice BYE', 'alice 481 INFO', 'alice 481 INVITE'],
  );
  t.end();
});

t.test('an INVITE that nobody hears is given up after 32 seconds', t => {
  const { network, alice, bob } = pair();
  network.loses = () => true;
  alice.invite(bob);
  network.run(32_000);
  t.same(alice.take(), ['ended timeout 408']);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a 200 that comes when the INVITE is long given up is acknowledged and hung up', t => {
  const { network, alice, bob } = pair();
  network.loses = message => message.kind === 'response' && network.clock.nowMs() < 32_000;
  alice.invite(bob);
  network.run(20_000);
  bob.call.negotiate(mediaAt('192.0.2.2'));
  bob.call.accept();
  network.run(20_000);
  t.same(alice.take(), ['ended timeout 408']);
  t.same(bob.take(), ['confirmed sendrecv', 'ended remote']);
  t.same(network.take().slice(-4), ['bob 200 INVITE', 'alice ACK', 'alice BYE', 'bob 200 BYE']);
  network.run(200_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a call that rings for ever is given up from either side', t => {
  const { network, alice, bob } = pair();
  alice.invite(bob);
  network.run();
  bob.call.progress(180);
  network.run(301_000);
  t.match(alice.take().at(-1), /ended/);
  t.match(bob.take(), ['ended timeout 480']);
  network.run(120_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});
