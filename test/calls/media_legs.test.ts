import t from 'tap';
import type { Message } from '../../src/ipc/messages.ts';
import { followLegs } from '../../src/roles/media_legs.ts';
import { BridgeRig, phone } from './bridge_rig.ts';

/** The media process's end of a link to the edge. */
class EdgeLink {
  readonly sent: Message[] = [];
  readonly #handlers = new Map<string, (message: never, from: string) => void>();

  readonly send = (_: string, message: Message): void => void this.sent.push(message);

  readonly on = (type: string, handler: (message: never, from: string) => void): void => {
    this.#handlers.set(type, handler);
  };

  receive(message: Message): void {
    this.#handlers.get(message.type)?.(message as never, 'edge');
  }
}

/** A media process with a call that is up, as the edge works its legs. */
async function process() {
  const rig = await BridgeRig.up();
  const link = new EdgeLink();
  followLegs(link, rig.calls, rig.relays);
  return { rig, link };
}

t.test('of a leg that is not here the edge hears that it is closed', async t => {
  const { rig, link } = await process();
  const leg = { legId: 'leg', mode: 'bridge', keepAgent: true, access: phone(2) } as const;
  link.receive({ type: 'openLeg', callId: 'another', leg });
  const closed = { type: 'lineClosed', callId: 'leg', reason: 'rejected' } as const;
  t.same(link.sent.splice(0), [closed], 'it was not opened');
  link.receive({ type: 'legGone', callId: 'call', legId: 'leg', ending: { reason: 'noAnswer' } });
  t.same(link.sent.splice(0), [closed], 'it is gone already');
  await rig.ring('leg');
  link.receive({ type: 'legGone', callId: 'call', legId: 'leg', ending: { reason: 'noAnswer' } });
  t.same(link.sent, [], 'its line says so');
  t.same(rig.toEdge.at(-1), { type: 'lineClosed', callId: 'leg', reason: 'localHangup' });
  link.receive({ type: 'legGone', callId: 'call', legId: 'agent', ending: { reason: 'localHangup' } });
  t.same(link.sent, [], 'the agent has no ports');
  await rig.close();
});
