import t from 'tap';
import { Headers } from '../../../sip/message/headers.ts';
import { answerTimer, timerOfResponse } from '../../../sip/session/session_expires.ts';
import { established, isClean, pair, respond } from './session_rig.ts';

const OURS = { expiresS: 1_800, minSeS: 90 };

function asked(fields: Record<string, string>): unknown {
  return answerTimer(Headers.of(fields), OURS);
}

t.test('what a UAS makes of what is asked for (RFC 4028 §9)', t => {
  t.same(asked({}), { expiresS: 1_800, refresher: 'local' }, 'who knows no timers is refreshed');
  t.same(asked({ Supported: 'timer' }), { expiresS: 1_800, refresher: 'remote' });
  t.same(asked({ Supported: 'timer', 'Session-Expires': '600' }), { expiresS: 600, refresher: 'remote' });
  t.same(asked({ k: '100rel, TIMER', x: '600;refresher=uas' }), { expiresS: 600, refresher: 'local' });
  t.same(asked({ Supported: 'timer', 'Session-Expires': '9000;Refresher=UAC' }), {
    expiresS: 1_800,
    refresher: 'remote',
  });
  t.same(asked({ 'Session-Expires': '600;refresher=uac' }), { expiresS: 600, refresher: 'local' });
  t.same(asked({ Supported: 'timer', 'Session-Expires': '9000', 'Min-SE': '3600' }), {
    expiresS: 3_600,
    refresher: 'remote',
  });
  t.match(asked({ Supported: 'timer', 'Session-Expires': '89' }), { status: 422 });
  t.same(
    asked({ 'Session-Expires': '60' }),
    { expiresS: 90, refresher: 'local' },
    'no 422 for who cannot read it',
  );
  for (const bad of ['', 'x', '-5', '600;refresher', '600;;', '99999999999999', '1e3'])
    t.same(asked({ Supported: 'timer', 'Session-Expires': bad }), {
      expiresS: bad.startsWith('600;r') ? 600 : 1_800,
      refresher: 'remote',
    });
  t.same(
    asked({ Supported: 'timer', 'Session-Expires': '4000000000', 'Min-SE': '4000000000' }),
    { expiresS: 86_400, refresher: 'remote' },
    'a day at most',
  );
  t.end();
});

t.test('what a UAC makes of the 2xx (§7.2)', t => {
  const of = (value?: string) =>
    timerOfResponse(value === undefined ? new Headers() : Headers.of({ 'Session-Expires': value }), OURS);
  t.equal(of(), undefined);
  t.same(of('600;refresher=uas'), { expiresS: 600, refresher: 'remote' });
  t.same(of('600;refresher=uac'), { expiresS: 600, refresher: 'local' });
  t.same(of('600'), { expiresS: 600, refresher: 'local' });
  t.same(of('2147484;refresher=uas'), { expiresS: 86_400, refresher: 'remote' });
  t.same(of('1;refresher=uac'), { expiresS: 90, refresher: 'local' }, 'nobody can make us send all the time');
  t.end();
});

t.test('the caller refreshes at half of the interval, by UPDATE, and the call goes on', t => {
  const { network, alice, bob } = established();
  network.run(899_000);
  t.same(network.take(), []);
  network.run(2_000);
  t.same(network.take(), ['alice UPDATE', 'bob 200 UPDATE']);
  network.run(4 * 900_000);
  t.same(network.take().length, 8);
  t.same([...alice.take(), ...bob.take()], [], 'and nobody hears of it');
  t.end();
});

t.test('by re-INVITE where the far end takes no UPDATE', t => {
  const { network, alice, bob } = pair();
  bob.answers();
  const receive = alice.receive.bind(alice);
  alice.receive = (bytes, flow) => receive(Buffer.from(bytes.toString().replace(', UPDATE', '')), flow);
  alice.invite(bob);
  network.run();
  network.take();
  network.run(900_000);
  t.same(network.take(), ['alice INVITE', 'bob 200 INVITE', 'alice ACK']);
  t.same(alice.take(), ['confirmed sendrecv'], 'the same description changes nothing');
  t.same(bob.take(), ['confirmed sendrecv'], 'for neither');
  t.end();
});

t.test('an UPDATE that is not taken after all is made up for by a re-INVITE', t => {
  const { network, alice, bob } = established();
  const receive = bob.receive.bind(bob);
  bob.receive = (bytes, flow) => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (sent?.kind === 'request' && sent.method === 'UPDATE') respond(alice, sent, 405);
    else receive(bytes, flow);
  };
  network.run(900_000);
  t.same(network.take(), ['alice UPDATE', 'alice INVITE', 'bob 200 INVITE', 'alice ACK']);
  t.end();
});

t.test('who waits for refreshes hangs up 32 s before the end', t => {
  const { network, alice, bob } = established();
  network.detach(alice.local);
  const from = network.clock.nowMs();
  network.loses = (_, { address }) => address === alice.local.address;
  network.run(1_800_000 - 32_000 - from - 1_000);
  t.same(bob.take(), []);
  network.run(1_500);
  t.same(bob.take(), ['ended timeout']);
  t.ok(network.take().includes('bob BYE'));
  network.run(2_000_000);
  t.match(alice.take(), [/ended/]);
  network.run(100_000);
  t.ok(isClean(network, alice, bob));
  t.end();
});

t.test('a refresh that is refused is tried again until it is too late', t => {
  const { network, alice, bob } = established();
  bob.receive = () => {
    const sent = network.messages.findLast(message => message.kind === 'request');
    if (sent?.kind === 'request') respond(alice, sent, 500);
  };
  network.run(1_760_000);
  t.equal(network.take().filter(one => one === 'alice UPDATE').length, 4);
  t.same(alice.take(), []);
  network.run(10_000);
  t.same(alice.take(), ['ended timeout']);
  t.end();
});

t.test('422: the caller asks for more, and is let in', t => {
  const { network, alice, bob } = pair(1, { sessionTimer: { expiresS: 100, minSeS: 90 } });
  const strict = pair(1, { sessionTimer: { expiresS: 1_800, minSeS: 600 } });
  strict.bob.answers();
  network.attach('bob', strict.bob.local, (bytes, flow) => strict.bob.receive(bytes, flow));
  strict.network.attach('alice', alice.local, (bytes, flow) => alice.receive(bytes, flow));
  alice.invite(bob);
  for (let round = 0; round < 20; round++) {
    network.run(20);
    strict.network.run(20);
  }
  t.same(network.take(), ['alice INVITE', 'alice ACK', 'alice INVITE', 'alice ACK']);
  t.same(strict.network.take(), ['bob 422 INVITE', 'bob 200 INVITE']);
  t.same(alice.take(), ['confirmed sendrecv']);
  const [, , again] = network.messages;
  t.equal(again?.headers.get('session-expires'), '600');
  t.equal(again?.headers.get('min-se'), '600');
  t.end();
});

t.test('a call that asked for more and then rings for ever is given up all the same', t => {
  const { network, alice, bob } = pair();
  const receive = bob.receive.bind(bob);
  bob.receive = (bytes, flow) => {
    const sent = network.messages.findLast(({ cseq }) => cseq.method === 'INVITE');
    if (sent?.kind === 'request' && sent.cseq.number === 1) respond(alice, sent, 422, { 'Min-SE': '2000' });
    else receive(bytes, flow);
  };
  bob.onIncoming = session => session.progress(180);
  alice.invite(bob);
  network.run(299_000);
  t.notOk(alice.heard.some(word => word.startsWith('ended')));
  network.run(2_000);
  t.equal(alice.take().at(-1), 'ended timeout 408', 'before the far end does so');
  t.end();
});

t.test('422 for ever is an end', t => {
  const { network, alice, bob } = pair();
  bob.receive = () => {
    const sent = network.messages.findLast(
      ({ kind, cseq }) => kind === 'request' && cseq.method === 'INVITE',
    );
    if (sent?.kind === 'request') respond(alice, sent, 422, { 'Min-SE': '99999' });
  };
  alice.invite(bob);
  network.run(1_000);
  t.same(alice.take(), ['ended remote 422']);
  t.equal(network.take().filter(one => one === 'alice INVITE').length, 4);
  t.end();
});
