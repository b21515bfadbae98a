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
    // Where the first sounds come all at once the agent is cut without being lowered before; and "hello" alone is none.
    const firm = types.filter(type => type !== 'ducked' && type !== 'backchannel');
    t.strictSame(firm.slice(0, 2), ['speechStarted', 'bargeIn'], 'the caller takes the floor');
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

  t.test(
    'three at once: none disturbed by one that vanishes, one that floods, one that never stops',
    async t => {
      const rig = new MediaRig(rooms, 4);
      await rig.start();
      const names = ['vanishes', 'floods', 'talks'];
      const callers = await Promise.all(
        names.map(async name => {
          const room = rooms.name();
          const caller = await rooms.peer(room);
          await rig.assign(name, room);
          return caller;
        }),
      );
      await rig.until(() => rig.up.length === 3);
      const [vanishes, floods, talks] = callers;
      await vanishes!.until(() => vanishes!.levels().some(level => level > AUDIBLE));
      await vanishes!.leave();
      await rig.until(() => rig.ended.length === 1);
      t.strictSame(rig.ended, [{ callId: 'vanishes', reason: 'remoteHangup', failed: false }]);

      const keypad = floods!.room.localParticipant!;
      await Promise.all(Array.from({ length: 300 }, () => keypad.publishDtmf(1, '1')));
      await talks!.say(hello);
      await talks!.say(hello);
      const slot = rig.told('answered').find(({ call }) => call.callId === 'talks')?.call.slot;
      await rig.until(() =>
        rig.told('turn').some(turn => turn.slot === slot && turn.event.type === 'turnEnded'),
      );
      t.ok(rig.told('dtmf').length > 0 && rig.told('dtmf').length <= 100);
      t.equal(rig.calls.count, 2);

      await keypad.publishDtmf(0, '0');
      await rig.until(() => rig.ended.length === 2);
      t.strictSame(rig.ended[1], { callId: 'floods', reason: 'localHangup', failed: false });
      await rig.stop();
      t.strictSame(rig.ended[2], { callId: 'talks', reason: 'localHangup', failed: false });
      t.equal(rig.calls.count, 0);
      await Promise.all([floods!.leave(), talks!.leave()]);
    },
  );

  t.test('calls beyond the slots are refused, and a slot that is free again takes a call', async t => {
    const rig = new MediaRig(rooms, 1);
    await rig.start();
    const room = rooms.name();
    const first = await rooms.peer(room);
    await rig.assign('first', room);
    await rig.assign('second', room);
    await rig.until(() => rig.up.length === 1);
    t.match(rig.refused, [{ callId: 'second' }]);
    await first.leave();
    await rig.until(() => rig.ended.length === 1);
    const next = rooms.name();
    const third = await rooms.peer(next);
    await rig.assign('third', next);
    await rig.until(() => rig.up.length === 2);
    t.equal(rig.told('answered')[1]?.call.slot, 0);
    await third.until(() => third.levels().some(level => level > AUDIBLE));
    await rig.stop();
    await third.leave();
  });
});
