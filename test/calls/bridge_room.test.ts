import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { RoomLine } from '../../src/lines/room_line.ts';
import { openLiveKitDoor } from '../../src/signalling/livekit_door.ts';
import { NO_SERVER, TestRooms } from '../lines/rooms.ts';
import { TrunkPeer } from '../lines/trunk_peer.ts';
import { freePortPair, kernels, toneInt16, toneShare } from '../lines/trunk_rig.ts';
import { BridgeRig } from './bridge_rig.ts';

t.setTimeout(300_000);

t.test('a phone and somebody in a room of LiveKit', { skip: NO_SERVER }, async t => {
  const rooms = await TestRooms.start();
  t.teardown(async () => {
    await rooms.stop();
    await dispose();
  });
  const room = rooms.name();
  const door = openLiveKitDoor(rooms.keys);
  t.equal(await door.hasPeople(room), false, 'there is no such room yet');
  const machine = await rooms.peer(room, { identity: 'machine', agent: true, mute: true });
  t.equal(await door.hasPeople(room), false, 'machinery is nobody');
  await machine.leave();
  const human = await rooms.peer(room, { identity: 'human' });
  t.equal(await door.hasPeople(room), true);

  const rig = await BridgeRig.up(
    'PCMU',
    (access, rateHz, events) => new RoomLine({ ...access, rateHz, kernels }, events),
  );
  const [port, farPort] = [await freePortPair(), await freePortPair()];
  const access = { kind: 'link', port, farPort, to: room } as const;
  rig.open({ legId: 'room', mode: 'bridge', keepAgent: false, access });
  const joined = await door.access(room, 'leg-room');
  rig.relays.open({ type: 'openRelay', legId: 'room', room: joined, port: farPort, farPort: port });
  const isTold = (type: string): boolean => rig.toEdge.some(message => message.type === type);
  while (!isTold('relayUp')) await rig.runInTime(100);
  rig.answer('room');

  void human.say(toneInt16(700, 16_000, 8_000));
  rig.caller.say(toneInt16(500, 8000, 8_000));
  const callerHears = (): number =>
    toneShare(TrunkPeer.samplesOf(rig.caller.heard, 'PCMU').slice(-4_000), 700, 8000);
  const humanHears = (): number =>
    toneShare(
      human.heard.slice(-50).flatMap(frame => Array.from(frame)),
      500,
      16_000,
    );
  while (callerHears() < 0.9 || humanHears() < 0.9) await rig.runInTime(200);
  t.pass('they hear each other');

  await human.leave();
  while (!isTold('relayGone')) await rig.runInTime(100);
  t.match(
    rig.toEdge.at(-1),
    { legId: 'room', reason: 'remoteHangup' },
    'the room is left with the last of them',
  );
  await rig.close();
});
