import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { Headers } from '../../../sip/message/headers.ts';
import type { SipRequest } from '../../../sip/message/message.ts';
import { tagOf, withTag } from '../../../sip/message/name_addr.ts';
import { parseDatagram } from '../../../sip/message/parse.ts';
import { ackOf, cancelOf } from '../../../sip/transaction/client_transaction.ts';
import { tortureBytes } from '../message/torture_files.ts';
import { address, requestOf } from '../transport/requests.ts';
import { flowBy, Rig } from './transaction_rig.ts';

/** The last response that a rig sent. */
function lastResponse(rig: Rig) {
  const last = rig.transport.sent.at(-1);
  if (last?.kind !== 'response') throw new Error('no response was sent');
  return last;
}

function copyBy(request: SipRequest, branch: string): SipRequest {
  return {
    ...request,
    vias: request.vias.map(via => ({ ...via, params: [{ name: 'branch', value: branch }] })),
  };
}

t.test('INVITE: 100 after 200 ms, unless the user was quicker; copies get the last answer', async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  rig.clock.turn(199);
  t.equal(rig.receive(invite), undefined, 'a copy makes nothing new');
  t.same(rig.transport.take(), []);
  rig.clock.turn(1);
  t.equal(tagOf(lastResponse(rig).to), undefined);
  t.same(rig.transport.take(), [100]);
  rig.receive(invite);
  t.same(rig.transport.take(), [100]);
  server.respond(180);
  rig.receive(invite);
  t.equal(tagOf(lastResponse(rig).to), server.localTag);
  t.same(rig.transport.take(), [180, 180]);
  const quick = rig.open(requestOf('INVITE'));
  quick.respond(183);
  rig.clock.turn(1_000);
  t.same(rig.transport.take(), [183]);
});

t.test(
  'INVITE refused, timers G and H: repeated at 0.5, 1.5, 3.5, 7.5 … every 4 seconds, until 32',
  async t => {
    const rig = new Rig();
    const invite = requestOf('INVITE');
    const server = rig.open(invite);
    server.respond(486);
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

t.test('INVITE refused, ACK, timer I: copies of the ACK are absorbed for 5 seconds', async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  const refused = server.respond(404);
  rig.receive(invite);
  t.same(rig.transport.take(), [404, 404]);
  t.equal(server.respond(200), undefined, 'one final response is enough');
  const ack = refused && ackOf(invite, refused);
  if (ack) rig.receive(ack);
  t.equal(server.state, 'confirmed');
  if (ack) rig.receive(ack);
  rig.receive(invite);
  rig.clock.turn(4_999);
  t.same(rig.transport.take(), []);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['acknowledged', 'ended']);
  t.same(rig.acks, [], 'the user sees no such ACK');
  t.ok(rig.isEmpty);
});

t.test('the same over TCP: once, H still runs, I does not', async t => {
  const rig = new Rig();
  const server = rig.open(requestOf('INVITE'), 'TCP');
  server.respond(486);
  rig.clock.turn(31_999);
  t.same(rig.transport.take(), [486]);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['timeout', 'ended']);
  const invite = requestOf('INVITE');
  const refused = rig.open(invite, 'TCP').respond(486);
  if (refused) rig.receive(ackOf(invite, refused), 'TCP');
  t.same(rig.takeHeard(), ['acknowledged', 'ended']);
  t.ok(rig.isEmpty);
});

t.test(
  'INVITE accepted, timer L: copies are absorbed, the user repeats the 2xx and gets the ACK',
  async t => {
    const rig = new Rig();
    const invite = requestOf('INVITE');
    const server = rig.open(invite);
    server.respond(200);
    rig.receive(invite);
    t.same(rig.transport.take(), [200]);
    rig.clock.turn(500);
    t.same(rig.transport.take(), [], 'nothing repeats it here');
    server.resend();
    server.respond(200);
    t.equal(server.respond(486), undefined);
    t.same(rig.transport.take(), [200, 200]);
    rig.receive(requestOf('ACK'));
    rig.receive(copyBy(requestOf('ACK'), invite.vias[0]?.params[0]?.value ?? ''));
    t.equal(rig.acks.length, 2, 'also one that wrongly has the branch of the INVITE');
    t.equal(server.state, 'accepted');
    rig.clock.turn(31_500);
    t.same(rig.takeHeard(), ['ended']);
    t.ok(rig.isEmpty);
    server.resend();
    t.same(rig.transport.take(), []);
  },
);

t.test('other requests, timer J: copies get the last answer for 32 seconds', async t => {
  const rig = new Rig();
  const options = requestOf('OPTIONS');
  const server = rig.open(options);
  rig.receive(options);
  t.same(rig.transport.take(), [], 'nothing to repeat yet');
  server.respond(100);
  rig.receive(options);
  server.respond(200);
  rig.receive(options);
  t.same(rig.transport.take(), [100, 100, 200, 200]);
  t.equal(server.respond(486), undefined);
  rig.clock.turn(31_999);
  rig.receive(options);
  t.same(rig.transport.take(), [200]);
  rig.clock.turn(1);
  t.same(rig.takeHeard(), ['ended']);
  t.ok(rig.isEmpty);
  rig.open(requestOf('OPTIONS'), 'TCP').respond(200);
  t.same(rig.takeHeard(), ['ended'], 'over TCP there are no copies');
  t.ok(rig.isEmpty);
});

t.test('a request that the user never answers is let go', async t => {
  const rig = new Rig();
  const server = rig.open(requestOf('INFO'));
  rig.clock.turn(32_000);
  t.same(rig.takeHeard(), ['timeout', 'ended']);
  t.equal(server.respond(200), undefined);
  t.same(rig.transport.take(), []);
  t.ok(rig.isEmpty);
});

t.test('a response that cannot leave is told, and the timers see to the rest', async t => {
  const rig = new Rig();
  rig.open(requestOf('INVITE')).respond(486);
  rig.transport.watcher.failed({ cause: 'closed', detail: '' });
  t.same(rig.takeHeard(), ['closed']);
  rig.open(requestOf('INFO')).respond(200);
  rig.transport.watcher.failed({ cause: 'unreachable', detail: '' });
  t.same(rig.takeHeard(), ['unreachable']);
  rig.clock.turn(32_000);
  t.ok(rig.isEmpty);
});

t.test("CANCEL: 200 with the tag of the INVITE, 487 is the user's, copies absorbed (§9.2)", async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  server.respond(180);
  rig.transport.take();
  const cancel = cancelOf(invite);
  t.equal(rig.receive(cancel), undefined, 'the user sees no request');
  t.equal(tagOf(lastResponse(rig).to), server.localTag);
  t.match(lastResponse(rig), { status: 200, cseq: { method: 'CANCEL' } });
  rig.receive(cancel);
  t.same(rig.transport.take(), [200, 200]);
  t.same(rig.takeHeard(), ['cancelled'], 'told once');
  server.respond(487);
  t.same(rig.transport.take(), [487]);
});

t.test('CANCEL of what is answered changes nothing; of what is unknown gets 481', async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  rig.open(invite).respond(200);
  rig.receive(cancelOf(invite));
  t.same(rig.transport.take(), [200, 200]);
  t.same(rig.takeHeard(), []);
  const stray = requestOf('CANCEL');
  rig.receive(stray);
  const tag = tagOf(lastResponse(rig).to);
  rig.receive(stray);
  t.equal(tagOf(lastResponse(rig).to), tag, 'its copies get the same tag, without state (§8.2.7)');
  t.same(rig.transport.take(), [481, 481]);
  t.equal(rig.layer.size.servers, 2, 'the INVITE and its CANCEL');
});

t.test('merged requests: the second copy by another way gets 482 (§8.2.2.2)', async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  const copy = copyBy(invite, 'z9hG4bKanotherWay');
  t.equal(rig.receive(copy), undefined);
  t.same(rig.transport.take(), [482]);
  t.ok(
    rig.receive(copyBy({ ...invite, cseq: { number: 2, method: 'INVITE' } }, 'z9hG4bKnext')),
    'the next CSeq is another',
  );
  const inDialog = { ...invite, to: withTag(invite.to, 'x') };
  t.ok(rig.receive(copyBy(inDialog, 'z9hG4bKin1')));
  t.ok(rig.receive(copyBy(inDialog, 'z9hG4bKin2')), 'inside a dialog nobody looks');
  server.respond(200);
  rig.clock.turn(32_000);
  t.ok(rig.receive(copy), 'and afterwards nobody remembers');
});

t.test('who sends the same branch from another place is somebody else', async t => {
  const rig = new Rig();
  rig.open(requestOf('OPTIONS', { via: 'SIP/2.0/UDP a.example.com;branch=z9hG4bKsame', callId: 'c1' }));
  t.ok(
    rig.receive(requestOf('OPTIONS', { via: 'SIP/2.0/UDP b.example.com;branch=z9hG4bKsame', callId: 'c2' })),
  );
  t.notOk(
    rig.receive(
      requestOf('OPTIONS', { via: 'SIP/2.0/UDP A.example.com:5060;branch=z9hG4bKsame', callId: 'c1' }),
    ),
    'the same place in another spelling',
  );
  t.ok(
    rig.receive(requestOf('INFO', { via: 'SIP/2.0/UDP a.example.com;branch=z9hG4bKsame', callId: 'c1' })),
    'another method',
  );
});

t.test('RFC 2543: without a branch of RFC 3261 everything else must match', async t => {
  const rig = new Rig();
  const read = (name: string): SipRequest => {
    const result = parseDatagram(tortureBytes(name));
    if (result.outcome !== 'message' || result.message.kind !== 'request') throw new Error(name);
    return result.message;
  };
  const invite = read('inv2543');
  const server = rig.open(invite);
  t.notOk(rig.receive(read('inv2543')), 'its copy');
  t.ok(rig.receive({ ...invite, callId: 'other' }));
  const refused = server.respond(486);
  rig.transport.take();
  const ack = refused && ackOf(invite, refused);
  if (ack) rig.receive({ ...ack, to: withTag(invite.to, 'somebody') });
  t.equal(server.state, 'completed', 'an ACK with another To tag is not its own');
  t.equal(rig.acks.length, 1);
  if (ack) rig.receive(ack);
  t.equal(server.state, 'confirmed');
  rig.receive(cancelOf(read('inv2543')));
  t.same(rig.transport.take(), [200], 'and a CANCEL finds it');
  t.ok(rig.receive(read('badbranch')), 'the bare cookie is no branch');
  t.notOk(rig.receive(read('badbranch')));
});

t.test('above the limit: 503 with Retry-After and no state; ACK and CANCEL pass', async t => {
  const rig = new Rig({ serverTransactions: 1, clientTransactions: 1 });
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  t.equal(rig.receive(requestOf('INVITE')), undefined);
  t.equal(lastResponse(rig).headers.get('Retry-After'), String(SIP_LIMITS.overloadRetryAfterS));
  t.same(rig.transport.take(), [503]);
  rig.receive(cancelOf(invite));
  t.same(rig.takeHeard(), ['cancelled']);
  const refused = server.respond(487);
  if (refused) rig.receive(ackOf(invite, refused));
  t.same(rig.takeHeard(), ['acknowledged']);
  rig.receive(requestOf('ACK'));
  t.equal(rig.acks.length, 1);
  rig.clock.turn(32_000);
  t.ok(rig.receive(requestOf('INVITE')), 'there is room again');
});

t.test('the user refuses before anything is kept, or says nothing at all', async t => {
  const rig = new Rig();
  const invite = requestOf('INVITE');
  const server = rig.open(invite);
  rig.admission = { status: 403, headers: Headers.of({ Warning: '399 trunkline "no"' }) };
  const refused = requestOf('INVITE');
  rig.receive(refused);
  const { to, headers } = lastResponse(rig);
  t.equal(headers.get('Warning'), '399 trunkline "no"');
  rig.receive(refused);
  t.same(lastResponse(rig).to, to, 'copies are refused alike');
  t.same(rig.transport.take(), [403, 403]);
  rig.admission = 'silence';
  for (const method of ['INVITE', 'OPTIONS', 'REGISTER', 'CANCEL']) rig.receive(requestOf(method));
  rig.receive(copyBy(invite, 'z9hG4bKmerged'));
  t.same(rig.transport.take(), []);
  t.equal(rig.layer.size.servers, 1);
  server.respond(180);
  rig.receive(invite);
  rig.receive(cancelOf(invite));
  t.same(rig.transport.take(), [180, 180, 200], 'what is under way goes on');
});

t.test('a request that could not be read is answered when the user wishes', async t => {
  const rig = new Rig();
  const rejected = parseDatagram(tortureBytes('ncl'));
  if (rejected.outcome !== 'rejected') throw new Error('it was read');
  rig.layer.rejected(rejected, flowBy('UDP'));
  rig.answersRejected = false;
  rig.layer.rejected(rejected, flowBy('UDP'));
  t.equal(rig.transport.rejections.length, 1);
  rig.layer.fault({ cause: 'closed', detail: '' });
  t.same(rig.takeHeard(), ['closed']);
});

t.test('bcast: a response with a second Via is dropped', async t => {
  const rig = new Rig();
  const result = parseDatagram(tortureBytes('bcast'));
  if (result.outcome === 'message' && result.message.kind === 'response')
    rig.layer.response(result.message, flowBy('UDP'));
  t.same(rig.strays, []);
});

t.test('a thousand calls leave nothing behind', async t => {
  const rig = new Rig();
  for (let call = 0; call < 1_000; call++) {
    const invite = requestOf('INVITE', { callId: `c${call}`, to: address('<sip:bob@example.com>') });
    const server = rig.open(invite);
    if (call % 3 === 0) server.respond(200);
    else if (call % 3 === 1) server.respond(486);
    else rig.receive(cancelOf(invite));
    if (call % 3 === 2) server.respond(487);
    rig.servers.length = 0;
    rig.transport.sent.length = 0;
    if (call % 20 === 19) rig.clock.turn(32_000);
  }
  rig.clock.turn(64_000);
  t.ok(rig.isEmpty);
});
