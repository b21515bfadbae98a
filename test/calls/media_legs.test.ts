import t from 'tap';
import type { Message } from '../../src/ipc/messages.ts';
import { followLegs } from '../../src/roles/media_legs.ts';
import { freePortPair } from '../lines/trunk_rig.ts';
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

const EDGE_GONE = { type: 'peerGone', peer: 'edge' } as const;

t.test('what only a lost edge could have told is not waited for', async t => {
  const { rig, link } = await process();
  await rig.ring('ringing');
  await rig.join('talking');
  const held = await rig.join('held');
  rig.edge({ type: 'lineChanged', callId: 'held', stream: held.stream({ held: true, sends: false }) });
  const back = await rig.join('back');
  rig.edge({ type: 'lineChanged', callId: 'back', stream: back.stream({ held: true, sends: false }) });
  rig.edge({ type: 'lineChanged', callId: 'back', stream: back.stream() });
  const before = rig.facts.length;
  link.receive({ type: 'peerGone', peer: 'media-1' });
  t.equal(rig.facts.length, before);
  link.receive(EDGE_GONE);
  t.same(rig.facts.slice(before), ['leg.removed ringing networkLost', 'leg.removed held networkLost']);
  await rig.close();
});

t.test('a caller who waits for a leg with nobody else there is hung up', async t => {
  const { rig, link } = await process();
  await rig.ring('ringing');
  rig.remove('agent');
  await rig.run(100);
  t.notOk(
    rig.toTalk.some(({ type }) => type === 'lineEnded'),
    'it may be answered',
  );
  link.receive(EDGE_GONE);
  t.ok(rig.toTalk.some(({ type }) => type === 'lineEnded'));
  await rig.close();
});

t.test('a room in which nobody is yet is left, one with somebody is not', async t => {
  const { rig, link } = await process();
  for (const legId of ['somebody', 'nobody']) {
    const [port, farPort] = [await freePortPair(), await freePortPair()];
    link.receive({ type: 'openRelay', legId, room: { url: '', token: '' }, port, farPort });
  }
  rig.rooms[0]?.events.answered();
  link.receive(EDGE_GONE);
  t.same(
    rig.rooms.map(({ closedWith }) => closedWith),
    [undefined, 'networkLost'],
  );
  await rig.close();
});

t.test('the next edge is told the ports of legs and rooms that go on', async t => {
  const { rig, link } = await process();
  const ports = [await freePortPair(), await freePortPair(), await freePortPair()] as const;
  rig.open({ legId: 'phone', mode: 'bridge', keepAgent: true, access: phone(ports[0]) });
  const access = { kind: 'link', port: ports[1], farPort: ports[2], to: 'desk' } as const;
  rig.open({ legId: 'room', mode: 'bridge', keepAgent: true, access });
  const room = { url: '', token: '' };
  link.receive({ type: 'openRelay', legId: 'room', room, port: ports[2], farPort: ports[1] });
  const line = { type: 'lineHeld', legId: 'room', trunk: null } as const;
  t.same(rig.legLines.held(), [
    { type: 'lineHeld', legId: 'phone', end: 'leg', port: ports[0], trunk: 'there' },
    { ...line, end: 'leg', port: ports[1] },
  ]);
  t.same(rig.relays.held(), [{ ...line, end: 'room', port: ports[2] }]);
  for (const legId of ['phone', 'room']) rig.remove(legId);
  rig.relays.close('room');
  t.same([...rig.legLines.held(), ...rig.relays.held()], []);
  await rig.close();
});
