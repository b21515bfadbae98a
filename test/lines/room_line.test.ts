import { setTimeout as sleep } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { createFrame } from '../../pipeline/frame.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { LineEndReason, LineEvents, LineParty } from '../../src/lines/line.ts';
import { ROOM_TIMES, RoomLine, type RoomTimes } from '../../src/lines/room_line.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { NO_SERVER, TestRooms } from './rooms.ts';

const kernels = (await sharedParts(1, 16)).memory;

/** Listeners on the native library, by which forgotten rooms and streams show. */
function nativeListeners(): number {
  const client = Reflect.get(globalThis, '_ffiClientInstance') as { listenerCount(event: string): number };
  return client.listenerCount('ffi_event');
}

class Log implements LineEvents {
  answers = 0;
  readonly keys: string[] = [];
  readonly ends: LineEndReason[] = [];

  answered(): void {
    this.answers += 1;
  }

  dtmf(digit: string): void {
    this.keys.push(digit);
  }

  held(): void {}

  resumed(): void {}

  ended(reason: LineEndReason): void {
    this.ends.push(reason);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(5);
  }
}

/** Milliseconds of sound that a line hears within so many frames. */
async function soundHeard(line: RoomLine, frames: number): Promise<number> {
  const frame = createFrame(line.rateHz);
  let soundMs = 0;
  for (let i = 0; i < frames; i += 1) {
    line.pull(frame);
    if (frame.samples.some(sample => Math.abs(sample) > 0.1)) soundMs += 10;
    await sleep(10);
  }
  return soundMs;
}

const TONE = Int16Array.from({ length: 32_000 }, (_, i) => 10_000 * Math.sin(i / 6));

t.test('room lines among difficult company', { skip: NO_SERVER }, async t => {
  const rooms = await TestRooms.start();
  t.after(async () => {
    await rooms.stop();
    await dispose();
  });
  const open = async (room: string, times: Partial<RoomTimes> = {}) => {
    const log = new Log();
    const access = await rooms.access(room, 'agent', true);
    const line = new RoomLine(
      { ...access, rateHz: 16_000, kernels, times: { ...ROOM_TIMES, ...times } },
      log,
    );
    return { line, log };
  };
  // The first room makes the library start.
  const first = await open(rooms.name());
  await first.line.close('localHangup');
  const listeners = nativeListeners();

  t.test('nobody comes: no media', async t => {
    const { line, log } = await open(rooms.name(), { answerTimeoutMs: 500 });
    await log.until(() => log.ends.length > 0);
    t.strictSame([log.answers, log.ends], [0, ['noMedia']]);
    await line.close('localHangup');
  });

  t.test('a caller who is there but never speaks is answered after a while', async t => {
    const room = rooms.name();
    const caller = await rooms.peer(room, { mute: true });
    const { line, log } = await open(room, { mediaGraceMs: 200 });
    await log.until(() => log.answers > 0);
    t.strictSame(line.party, { from: 'caller', to: '' });
    t.equal(await soundHeard(line, 10), 0);
    await line.close('localHangup');
    await caller.leave();
  });

  t.test('a caller by SIP is known by numbers and Call-ID, unless that is over-long', async t => {
    const sip = {
      'sip.callStatus': 'active',
      'sip.phoneNumber': '+15550123',
      'sip.trunkPhoneNumber': '+15550100',
    };
    const partyOf = async (callId: string): Promise<LineParty> => {
      const room = rooms.name();
      const attributes = { ...sip, 'sip.callIDFull': callId };
      const caller = await rooms.peer(room, { mute: true, attributes });
      const { line, log } = await open(room, { mediaGraceMs: 0 });
      await log.until(() => log.answers > 0);
      await line.close('localHangup');
      await caller.leave();
      return line.party;
    };
    const numbers = { from: '+15550123', to: '+15550100' };
    t.strictSame(await partyOf('a84b4c76@Pc33.example'), { ...numbers, sipCallId: 'a84b4c76@Pc33.example' });
    t.strictSame(await partyOf('x'.repeat(LIMITS.sipCallIdCharacters + 1)), numbers);
  });

  t.test('other agents are no callers', async t => {
    const room = rooms.name();
    const other = await rooms.peer(room, { identity: 'other', agent: true });
    const { line, log } = await open(room, { answerTimeoutMs: 800 });
    await log.until(() => log.ends.length > 0);
    t.strictSame([log.answers, log.ends], [0, ['noMedia']]);
    await line.close('localHangup');
    await other.leave();
  });

  t.test('a third party is neither heard nor missed', async t => {
    const room = rooms.name();
    const caller = await rooms.peer(room);
    const { line, log } = await open(room);
    await log.until(() => log.answers > 0);
    const third = await rooms.peer(room, { identity: 'third' });
    void third.say(TONE);
    t.equal(await soundHeard(line, 100), 0);
    await third.leave();
    await sleep(200);
    t.strictSame(log.ends, []);
    await line.close('localHangup');
    await caller.leave();
  });

  t.test('the room is deleted in mid-call', async t => {
    const room = rooms.name();
    const caller = await rooms.peer(room);
    const { line, log } = await open(room);
    await log.until(() => log.answers > 0);
    await rooms.service.deleteRoom(room);
    await log.until(() => log.ends.length > 0);
    t.strictSame(log.ends, ['remoteHangup']);
    await line.close('localHangup');
    await caller.leave();
  });

  t.test('a caller who comes back by the same name goes on', async t => {
    const room = rooms.name();
    const before = await rooms.peer(room);
    const { line, log } = await open(room, { returnMs: 500 });
    await log.until(() => log.answers > 0);
    const after = await rooms.peer(room);
    await sleep(300);
    void after.say(TONE);
    t.ok((await soundHeard(line, 150)) > 500, 'heard again');
    t.strictSame([log.answers, log.ends], [1, []]);
    await line.close('localHangup');
    await before.leave();
    await after.leave();
  });

  t.test('a flood of keys is thinned out, and only keys are keys', async t => {
    const room = rooms.name();
    const caller = await rooms.peer(room);
    const { line, log } = await open(room);
    await log.until(() => log.answers > 0);
    const keypad = caller.room.localParticipant!;
    await keypad.publishDtmf(1, 'x'.repeat(500));
    await keypad.publishDtmf(77, '\u0000');
    await keypad.publishDtmf(5, '5');
    await log.until(() => log.keys.length > 0);
    t.strictSame(log.keys, ['5']);
    await Promise.all(Array.from({ length: 200 }, () => keypad.publishDtmf(9, '9')));
    await sleep(300);
    t.ok(log.keys.length > 5 && log.keys.length <= 41, `${log.keys.length} keys came through`);
    await line.close('localHangup');
    await caller.leave();
  });

  t.test('a token that is none, and a server that is none', async t => {
    const { url } = await rooms.access(rooms.name(), 'agent');
    for (const access of [
      { url, token: 'not.a.token' },
      { url: 'ws://127.0.0.1:1', token: 'x' },
      { url: 'nonsense', token: '' },
    ]) {
      const log = new Log();
      const line = new RoomLine({ ...access, rateHz: 16_000, kernels }, log);
      await log.until(() => log.ends.length > 0);
      t.strictSame([log.answers, log.ends], [0, ['networkLost']]);
      await line.close('localHangup');
    }
  });

  t.test('hung up while joining', async t => {
    const room = rooms.name();
    const { line, log } = await open(room);
    await line.close('localHangup');
    t.strictSame([log.answers, log.ends], [0, ['localHangup']]);
    const there = await rooms.service.listParticipants(room).catch(() => []);
    t.strictSame(there, [], 'nobody stays in the room');
  });

  t.test('nothing of all that is left in the native library', async t => {
    t.equal(nativeListeners(), listeners);
  });
});
