import t from 'tap';
import { newResponse } from '../../../sip/message/build.ts';
import { Headers } from '../../../sip/message/headers.ts';
import { tagOf } from '../../../sip/message/name_addr.ts';
import { branchOf } from '../../../sip/message/via.ts';
import { address, requestOf } from '../transport/requests.ts';
import { flowBy, hopBy, Rig } from './transaction_rig.ts';

t.test('INVITE, timers A and B: sent again after 0.5, 1.5, 3.5 … seconds, given up after 32', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('INVITE'));
  t.same(rig.transport.take(), ['INVITE']);
  const times = [500, 1_000, 2_000, 4_000, 8_000, 16_000];
  for (const ms of times) {
    rig.clock.turn(ms - 1);
    t.same(rig.transport.take(), []);
    rig.clock.turn(1);
    t.same(rig.transport.take(), ['INVITE']);
  }
  t.equal(client.state, 'calling');
  rig.clock.turn(32_000 - times.reduce((sum, ms) => sum + ms, 0) - 1);
  t.same(rig.takeHeard(), []);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['timeout', 'ended']);
  t.ok(rig.isEmpty);
});

t.test('INVITE over TCP is sent once, and given up after 32 seconds', async t => {
  const rig = new Rig();
  rig.send(requestOf('INVITE'), 'TCP');
  rig.clock.turn(31_999);
  t.same(rig.transport.take(), ['INVITE']);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['timeout', 'ended']);
});

t.test('a provisional response ends A and B for good', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('INVITE'));
  rig.answer(client, 100);
  rig.answer(client, 180);
  rig.transport.take();
  rig.clock.turn(600_000);
  t.same(rig.transport.take(), []);
  t.same(rig.takeHeard(), [100, 180]);
  t.equal(client.state, 'proceeding');
});

t.test('INVITE refused: the ACK goes by the same branch, again for each copy, until timer D', async t => {
  const rig = new Rig();
  const client = rig.send(
    requestOf('INVITE', { routes: [address('<sip:p.example.com;lr>')], body: Buffer.from('v=0') }),
  );
  rig.transport.take();
  rig.answer(client, 486, 'callee');
  const [ack] = rig.transport.sent;
  t.match(ack, {
    method: 'ACK',
    uri: client.request.uri,
    callId: client.request.callId,
    cseq: { number: 1, method: 'ACK' },
    maxForwards: 70,
  });
  t.same(ack?.vias, client.request.vias);
  t.same(ack?.routes, client.request.routes);
  t.equal(ack && tagOf(ack.to), 'callee', 'To as the response has it');
  t.equal(ack?.body.length, 0);
  t.same(rig.transport.take(), ['ACK']);
  rig.answer(client, 486, 'callee');
  t.same(rig.transport.take(), ['ACK']);
  rig.answer(client, 200);
  rig.answer(client, 180);
  t.same(rig.takeHeard(), [486], 'the user hears it once, and nothing after it');
  rig.clock.turn(31_999);
  t.equal(client.state, 'completed');
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['ended']);
  t.ok(rig.isEmpty);
});

t.test('INVITE refused over TCP: one ACK and gone', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('INVITE'), 'TCP');
  rig.answer(client, 603);
  t.same(rig.transport.take(), ['INVITE', 'ACK']);
  t.same(rig.takeHeard(), [603, 'ended']);
  t.ok(rig.isEmpty);
});

t.test('INVITE accepted: every 2xx goes to the user until timer M, no ACK is made here', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('INVITE'));
  rig.answer(client, 200, 'fork1');
  rig.answer(client, 200, 'fork2');
  rig.answer(client, 200, 'fork1');
  rig.answer(client, 180);
  rig.answer(client, 486);
  t.same(rig.transport.take(), ['INVITE']);
  t.same(rig.takeHeard(), [200, 200, 200]);
  t.equal(client.state, 'accepted');
  rig.clock.turn(31_999);
  t.equal(rig.layer.size.clients, 1);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['ended']);
  t.ok(rig.isEmpty);
  rig.answer(client, 200, 'fork3');
  t.equal(rig.strays.length, 1, 'a 2xx after that is a stray');
  rig.answer(client, 486);
  rig.answer(client, 180);
  t.equal(rig.strays.length, 1, 'others are nothing');
});

t.test('a transport that fails ends an INVITE that nobody has answered', async t => {
  const rig = new Rig();
  rig.send(requestOf('INVITE'));
  rig.transport.watcher.failed({ cause: 'unreachable', detail: 'ENETUNREACH' });
  t.same(rig.takeHeard(), ['unreachable', 'ended']);
  const client = rig.send(requestOf('INVITE'));
  rig.answer(client, 180);
  rig.transport.watcher.failed({ cause: 'unreachable', detail: '' });
  t.equal(client.state, 'proceeding', 'one that was answered goes on');
  rig.answer(client, 404);
  rig.transport.watcher.failed({ cause: 'closed', detail: '' });
  t.same(rig.takeHeard(), [180, 404, 'ended'], 'an ACK that cannot leave ends it');
  t.ok(rig.isEmpty);
});

t.test('timers A and E start when TCP turns out to be UDP', async t => {
  for (const method of ['INVITE', 'MESSAGE']) {
    const rig = new Rig();
    const client = rig.send(requestOf(method), 'TCP');
    rig.clock.turn(100);
    rig.transport.fallBack();
    rig.transport.take();
    rig.clock.turn(500);
    t.same(rig.transport.take(), [method]);
    t.equal(client.hop.protocol, 'UDP');
  }
});

t.test(
  'other requests, timers E and F: sent again at 0.5, 1.5, 3.5, 7.5 … every 4 seconds, until 32',
  async t => {
    const rig = new Rig();
    rig.send(requestOf('OPTIONS'));
    const sentAt: number[] = [];
    for (let ms = 0; ms < 32_000; ms += 500) {
      sentAt.push(...rig.transport.take().map(() => ms));
      rig.clock.turn(500);
    }
    t.same(sentAt, [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    t.same(rig.takeHeard(), ['timeout', 'ended']);
    t.ok(rig.isEmpty);
  },
);

t.test('other requests, proceeding: every 4 seconds, F still runs', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('OPTIONS'));
  rig.transport.take();
  rig.clock.turn(100);
  rig.answer(client, 100);
  rig.clock.turn(3_999);
  t.same(rig.transport.take(), []);
  rig.clock.turn(1);
  t.same(rig.transport.take(), ['OPTIONS']);
  rig.answer(client, 183);
  rig.clock.turn(4_000);
  t.same(rig.transport.take(), ['OPTIONS']);
  rig.clock.turn(32_000);
  t.same(rig.takeHeard(), [100, 183, 'timeout', 'ended']);
});

t.test('other requests, timer K: copies of the answer are absorbed for 5 seconds, none over TCP', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('BYE'));
  rig.answer(client, 200);
  rig.answer(client, 200);
  rig.clock.turn(4_999);
  t.equal(client.state, 'completed');
  rig.clock.turn(1);
  t.same(rig.takeHeard(), [200, 'ended']);
  rig.answer(rig.send(requestOf('BYE'), 'TCP'), 481);
  t.same(rig.takeHeard(), [481, 'ended']);
  t.same(rig.transport.take(), ['BYE', 'BYE']);
  t.ok(rig.isEmpty);
  rig.send(requestOf('BYE'));
  rig.transport.watcher.failed({ cause: 'closed', detail: '' });
  t.same(rig.takeHeard(), ['closed', 'ended']);
});

t.test('CANCEL waits for a provisional response (§9.1)', async t => {
  const rig = new Rig();
  const client = rig.send(requestOf('INVITE'));
  rig.transport.take();
  client.cancel(Headers.of({ Reason: 'SIP;cause=200' }));
  client.cancel();
  t.same(rig.transport.take(), []);
  rig.answer(client, 100);
  const [cancel] = rig.transport.sent;
  t.same(cancel?.vias, client.request.vias, 'it has the branch of its INVITE');
  t.match(cancel, { method: 'CANCEL', uri: client.request.uri, cseq: { number: 1, method: 'CANCEL' } });
  t.equal(cancel?.headers.get('reason'), 'SIP;cause=200');
  t.same(rig.transport.take(), ['CANCEL']);
  rig.answer(client, 180);
  t.same(rig.transport.take(), [], 'one is enough');
  if (cancel?.kind === 'request') rig.layer.response(newResponse(cancel, 200), flowBy('UDP'));
  t.same(rig.takeHeard(), [100, 180], "its answer is nobody's");
  rig.answer(client, 487);
  t.same(rig.transport.take(), ['ACK']);
  rig.clock.turn(32_000);
  t.same(rig.takeHeard(), [487, 'ended']);
  t.ok(rig.isEmpty);
});

t.test('CANCEL that crosses a 200, comes too late, or is never followed by a final response', async t => {
  const rig = new Rig();
  const crossed = rig.send(requestOf('INVITE'));
  rig.answer(crossed, 180);
  crossed.cancel();
  rig.answer(crossed, 200);
  t.same(rig.takeHeard(), [180, 200], 'the user must end the call that it got');
  rig.transport.take();
  crossed.cancel();
  t.same(rig.transport.take(), []);
  rig.clock.turn(32_000);
  const mute = rig.send(requestOf('INVITE'));
  rig.answer(mute, 180);
  mute.cancel();
  rig.takeHeard();
  rig.clock.turn(32_000);
  t.same(rig.takeHeard(), ['timeout', 'ended']);
  t.ok(rig.isEmpty);
  const other = rig.send(requestOf('OPTIONS'));
  rig.transport.take();
  other.cancel();
  rig.answer(other, 100);
  t.same(rig.transport.take(), [], 'only an INVITE is cancelled');
});

t.test('responses find their transaction by branch and method, and only with one Via', async t => {
  const rig = new Rig();
  const invite = rig.send(requestOf('INVITE'));
  const bye = rig.send(requestOf('BYE'));
  t.not(
    invite.request.vias[0] && branchOf(invite.request.vias[0]),
    bye.request.vias[0] && branchOf(bye.request.vias[0]),
  );
  rig.layer.response(
    { ...newResponse(invite.request, 200), cseq: { number: 1, method: 'BYE' } },
    flowBy('UDP'),
  );
  rig.layer.response({ ...newResponse(bye.request, 200), vias: invite.request.vias }, flowBy('UDP'));
  const [via] = bye.request.vias;
  const twoVias = newResponse(bye.request, 200);
  rig.layer.response(
    { ...twoVias, vias: via ? [via, { ...via, host: '255.255.255.255' }] : [] },
    flowBy('UDP'),
  );
  t.same(rig.takeHeard(), []);
  rig.answer(bye, 200);
  t.same(rig.takeHeard(), [200]);
});

t.test('an ACK to a 2xx has a branch of its own and is repeated by hand', async t => {
  const rig = new Rig();
  const ack = requestOf('ACK');
  const sending = rig.layer.sendAck(ack, hopBy('UDP'), { failed: () => undefined });
  sending.resend();
  const [first, second] = rig.transport.sent;
  t.same(first, second);
  t.match(first?.vias[0] && branchOf(first.vias[0]), /^z9hG4bK./);
  t.ok(rig.isEmpty, 'and no transaction');
});

t.test('above the limit a request fails at once', async t => {
  const rig = new Rig({ clientTransactions: 1, serverTransactions: 1 });
  const first = rig.send(requestOf('INVITE'));
  rig.send(requestOf('OPTIONS'));
  t.same(rig.takeHeard(), [], 'not before the call has returned');
  await Promise.resolve();
  t.same(rig.takeHeard(), ['overload', 'ended']);
  rig.answer(first, 180);
  rig.transport.take();
  first.cancel();
  t.same(rig.transport.take(), ['CANCEL'], 'a CANCEL leaves all the same');
});
