import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { NO_SERVER, TestRooms } from '../lines/rooms.ts';
import { NO_FLITE, speech, toInt16 } from '../pipeline/sounds.ts';
import { MediaRig } from './media_rig.ts';

const AUDIBLE = 0.02;

function turns(rig: MediaRig): TurnEvent[] {
  return rig.told('turn').map(({ event }) => event);
}

t.test('calls over real rooms', { skip: NO_SERVER || NO_FLITE }, async t => {
  const rooms = await TestRooms.start();
  const hello = toInt16(speech('Hello, I want to move a piano.', 16_000));
  t.after(async () => {
    await rooms.stop();
    await dispose();
  });

  t.test('a caller hears, interrupts, is answered, and hangs up', async t => {
    const rig = new MediaRig(rooms, 2);
    await rig.start();
    const room = rooms.name();
    const caller = await rooms.peer(room);
    await rig.assign('one', room);
    await rig.until(() => rig.up.includes('one'));
    await caller.until(() => caller.levels().some(level => level > AUDIBLE));

    await caller.say(hello);
    await rig.until(() => turns(rig).some(({ type }) => type === 'turnEnded'));
    const events = turns(rig);
    const types = events.map(({ type }) => type);
    t.strictSame(types.slice(0, 3), ['ducked', 'speechStarted', 'bargeIn'], 'the caller takes the floor');
    t.equal(types.at(-1), 'turnEnded');
    const bargeIn = events.find(event => event.type === 'bargeIn');
    t.ok((bargeIn?.heardSamples ?? 0) > 0 && (bargeIn?.heardSamples ?? 0) < 6 * 16_000);

    await rig.until(() => rig.told('playoutDrained').length > 0);
    const [first, answer] = rig.told('playoutStarted');
    t.equal(first?.position, 0);
    t.equal(answer?.position, 6 * 16_000, 'the answer comes after all that was thrown away');
    const [drained] = rig.told('playoutDrained');
    t.equal(drained?.position, 6.5 * 16_000);

    await caller.leave();
    await rig.until(() => rig.ended.length > 0);
    t.strictSame(rig.ended, [{ callId: 'one', reason: 'remoteHangup', failed: false }]);
    t.equal(rig.calls.count, 0);
    await rig.stop();
  });
});
