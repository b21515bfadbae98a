import t, { type Test } from 'tap';
import type { SipRequest } from '../../sip/message/message.ts';
import { formatNameAddr } from '../../sip/message/name_addr.ts';
import { parseDatagram } from '../../sip/message/parse.ts';
import type { ServerTransaction } from '../../sip/transaction/server_transaction.ts';
import type { CallAssignment } from '../../src/ipc/messages.ts';
import { Phone } from '../e2e/phone.ts';
import { bareUdp } from '../sip/transport/transport_rig.ts';
import { EdgeRig, held, MEDIA, until } from './edge_rig.ts';

/** A call that an edge has answered, and what its media process keeps of it. */
async function answered(t: Test): Promise<{ caller: Phone; call: CallAssignment; snapshot: string }> {
  const [caller, first] = [await Phone.open(t), await EdgeRig.open(t)];
  caller.call(first.port, '+15550100');
  const { call } = await first.next('assign');
  first.edge.calls.lineReady(call.callId);
  const { snapshot } = await first.next('dialog');
  await first.next('lineAnswered');
  await until(() => caller.session !== undefined);
  return { caller, call, snapshot };
}

t.test('the next edge goes on with a call: its media process hears so, its far end is hung up', async t => {
  const { caller, call, snapshot } = await answered(t);
  const next = await EdgeRig.open(t);
  next.edge.calls.restore(held(call, snapshot), MEDIA);
  next.edge.calls.restore(held(call, snapshot), MEDIA);
  t.equal(next.edge.calls.count, 1, 'once, however often it is told');
  t.match(next.told[0], { type: 'lineAnswered', callId: call.callId, stream: { codec: 'PCMU' } });
  t.equal(next.assignment.callCount, 1);
  next.edge.calls.lineClosed({ callId: call.callId, reason: 'localHangup' });
  await until(() => caller.endings.length > 0);
  t.same(caller.endings, ['remote']);
  t.match(await next.next('lineGone'), { callId: call.callId, reason: 'localHangup' });
  next.assignment.callEnded(call.callId, 'media-0', false, 'done');
  t.equal(next.edge.calls.count, 0);
});

t.test('a call that was hung up while there was no edge is hung up by the next one', async t => {
  const { caller, call, snapshot } = await answered(t);
  const next = await EdgeRig.open(t);
  next.edge.calls.restore(held(call, snapshot, { closed: 'localHangup' }), MEDIA);
  t.equal(next.edge.calls.count, 0);
  await until(() => caller.endings.length > 0);
  t.same(caller.endings, ['remote']);
});

t.test('who rings is answered, as soon as the ports are open', async t => {
  const [caller, first] = [await Phone.open(t), await EdgeRig.open(t)];
  caller.call(first.port, '+15550100');
  const { call } = await first.next('assign');
  const { snapshot } = await first.next('dialog');
  t.equal(JSON.parse(snapshot).phase, 'ringing', 'kept, for it takes long');
  const next = await EdgeRig.open(t);
  next.edge.calls.restore(held(call, snapshot, { isReady: false }), MEDIA);
  t.same(next.told, []);
  next.edge.calls.lineReady(call.callId);
  await until(() => caller.session !== undefined);
  t.match(caller.session?.stream, { sendCodec: { name: 'PCMU' } });
});

t.test('a transfer that was asked for is heard of by the next edge, and not asked for again', async t => {
  const caller = await Phone.open(t);
  const first = await EdgeRig.open(t);
  caller.call(first.port, '+15550100');
  const { call } = await first.next('assign');
  first.edge.calls.lineReady(call.callId);
  await first.next('lineAnswered');
  await until(() => caller.session !== undefined);
  const refers: ServerTransaction[] = [];
  caller.session?.listen({
    request: server => {
      refers.push(server);
      return true;
    },
  });
  const wish = {
    type: 'refer',
    callId: call.callId,
    transferId: 'one',
    isWished: true,
    to: { kind: 'number', number: '+15550111' },
  } as const;
  first.edge.calls.refer(wish);
  const begun = first.told.findIndex(({ type }) => type === 'referral');
  const dialogs = first.told.slice(0, begun).filter(message => message.type === 'dialog');
  const { snapshot = '' } = dialogs.at(-1) ?? {};
  t.match(JSON.parse(snapshot), { transfer: { transferId: 'one' } }, 'kept before it leaves');
  await until(() => refers.length > 0);
  const next = await EdgeRig.open(t);
  next.edge.calls.restore(held(call, snapshot), MEDIA);
  next.edge.calls.refer({ ...wish, transferId: 'two' });
  t.match(await next.next('referral'), { transferId: 'two', news: { what: 'over', result: 'unknown' } });
  next.told.splice(0);
  const notify = parseDatagram(notifyOf(refers[0]!.request, next.port));
  t.equal(notify.outcome, 'message');
  const far = await bareUdp(t);
  far.send(notifyOf(refers[0]!.request, next.port), next.port);
  const over = { what: 'over', result: 'taken', status: 200 };
  t.match(await next.next('referral'), { transferId: 'one', news: over });
  t.match(await next.next('lineGone'), { reason: 'localHangup' }, 'and hung up by it');
  t.equal(refers.length, 1);
});

/** What the far end tells in the dialog of that REFER. */
function notifyOf({ callId, from, to, cseq }: SipRequest, port: number): Buffer {
  const body = 'SIP/2.0 200 OK\r\n';
  return Buffer.from(
    `NOTIFY sip:127.0.0.1:${port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKlast;rport\r\n` +
      `From: ${formatNameAddr(to)}\r\nTo: ${formatNameAddr(from)}\r\nCall-ID: ${callId}\r\nCSeq: 900 NOTIFY\r\n` +
      `Contact: <sip:caller@127.0.0.1:9>\r\nEvent: refer;id=${cseq.number}\r\nSubscription-State: terminated\r\n` +
      `Max-Forwards: 70\r\nContent-Type: message/sipfrag\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

t.test('what another version has kept is no call', async t => {
  const { call } = await answered(t);
  const next = await EdgeRig.open(t);
  for (const snapshot of ['', '{}', '{"phase":"confirmed"}', '{"phase":"ringing","snapshot":{}}'])
    t.throws(() => next.edge.calls.restore(held(call, snapshot), MEDIA), snapshot);
  t.equal(next.edge.calls.count, 0);
});
