import t, { type Test } from 'tap';
import { Admission } from '../../src/calls/admission.ts';
import { Assignment } from '../../src/calls/assignment.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { CallAssignment, Message, MessageOf } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { Phone as Edge } from '../../src/signalling/phone.ts';
import { Phone } from '../e2e/phone.ts';
import { portForBoth } from '../sip/transport/transport_rig.ts';

const MEDIA = 'media-0';

/** The phone of an edge, and what it tells its media process. */
class EdgeRig {
  readonly port: number;
  readonly told: Message[] = [];
  readonly assignment: Assignment;
  readonly edge: Edge;

  private constructor(port: number) {
    this.port = port;
    const admission = new Admission();
    const load = {
      calls: 0,
      unanswered: 0,
      maxCalls: 9,
      tickLatenessP99Ms: 0,
      draining: false,
      spoolFull: false,
    };
    admission.update(MEDIA, load);
    const log = createLogger('edge', 'silent');
    const send = (_: string, message: Message) => this.told.push(message);
    this.assignment = new Assignment({ admission, send, after: () => () => undefined, log });
    this.edge = new Edge({
      config: parseConfig(`sip: {port: ${port}}`, 'test', {}),
      folder: '.',
      admission,
      assignment: this.assignment,
      events: { append: () => undefined },
      rooms: undefined,
      log,
      send: () => undefined,
      tell: () => undefined,
    });
  }

  static async open(t: Test, port?: number): Promise<EdgeRig> {
    const rig = new EdgeRig(port ?? (await portForBoth()));
    await rig.edge.listen();
    t.teardown(() => rig.edge.close());
    return rig;
  }

  async next<T extends Message['type']>(type: T): Promise<MessageOf<T>> {
    for (;;) {
      const found = this.told.find((message): message is MessageOf<T> => message.type === type);
      if (found !== undefined) return found;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

function held(
  call: CallAssignment,
  snapshot: string,
  more: Partial<MessageOf<'dialogHeld'>> = {},
): MessageOf<'dialogHeld'> {
  return { type: 'dialogHeld', call, snapshot, isReady: true, checkpoint: null, closed: null, ...more };
}

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
