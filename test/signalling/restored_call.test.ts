import t, { type Test } from 'tap';
import type { CallAssignment } from '../../src/ipc/messages.ts';
import { Phone } from '../e2e/phone.ts';
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

t.test('what another version has kept is no call', async t => {
  const { call } = await answered(t);
  const next = await EdgeRig.open(t);
  for (const snapshot of ['', '{}', '{"phase":"confirmed"}', '{"phase":"ringing","snapshot":{}}'])
    t.throws(() => next.edge.calls.restore(held(call, snapshot), MEDIA), snapshot);
  t.equal(next.edge.calls.count, 0);
});
