import t from 'tap';
import { PortRange } from '../../sip/rtp/port_range.ts';
import type { Session } from '../../sip/session/session.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { makeTrunk } from '../../src/config/trunks.ts';
import type { LegWish, Message } from '../../src/ipc/messages.ts';
import { HeldLines } from '../../src/signalling/held_lines.ts';
import { Legs } from '../../src/signalling/legs.ts';
import { NewLegs, type NewLegsParts } from '../../src/signalling/new_legs.ts';
import type { RoomDoor } from '../../src/signalling/room_leg.ts';
import type { OutboundAttempt } from '../../src/telephony/trunk_peer.ts';
import { settle } from '../sip/far_end.ts';
import { HandClock } from '../sip/transport/hand_clock.ts';

const CARRIER = makeTrunk({
  name: 'carrier',
  directions: ['outbound'],
  gateways: ['sip:192.0.2.1'],
  maxCalls: 2,
});
const REMOTE = { rtp: { address: '192.0.2.7', port: 4000 }, rtcp: undefined };
const INBOUND = makeTrunk({ name: 'in', allowedAddresses: ['192.0.2.1'] });

function inRoom(legId: string, room = 'desk'): LegWish {
  return { legId, mode: 'bridge', keepAgent: true, to: { kind: 'room', room } };
}

function toNumber(legId: string, settings: { trunk?: string; number?: string } = {}): LegWish {
  return { legId, mode: 'bridge', keepAgent: true, to: { kind: 'number', number: '+15550111', ...settings } };
}

/** The edge's legs, with one call in `media-0`; rooms and trunks are the test's. No leg begins before its way is found. */
function rig({
  pairs = 20,
  door = true,
  found,
  peer,
}: {
  pairs?: number;
  door?: boolean;
  found?: Promise<void>;
  peer?: ReturnType<NewLegsParts['peerOf']>;
} = {}) {
  const clock = new HandClock();
  const sent: { to: string; message: Message }[] = [];
  const people = new Set<string>();
  const reports: unknown[] = [];
  let isAway = false;
  let calls = 0;
  const room: RoomDoor = {
    hasPeople: async name => {
      if (isAway) throw new Error('LiveKit is away');
      return people.has(name);
    },
    access: async (_, identity) => ({ url: 'ws://rooms', token: `for ${identity}` }),
  };
  const ports = new PortRange({
    lowest: 100,
    highest: 100 + 2 * pairs - 1,
    reuseDelayMs: 0,
    random: () => 0,
  });
  const send = (to: string, message: Message): void => void sent.push({ to, message });
  const ways = new NewLegs({
    clock,
    ports,
    tenantId: 'default',
    rtpHost: '192.0.2.9',
    rtpAdvertised: '192.0.2.9',
    trunks: () => [INBOUND, CARRIER],
    peerOf: () => peer,
    callsOf: () => calls,
    count: (_, change) => {
      calls += change;
    },
    // A far end that never ends, and is known for where it listens alone.
    invite: () => ({ callId: 'one@here', stream: { remote: REMOTE } }) as Session,
    door: door ? room : undefined,
    relayMedia: () => 'media-1',
    send,
    acquaintances: { follow: () => {} },
    ladders: {
      begin: () => {},
      end: () => {},
      report: ({ callId, sipCallId }, remote, report) =>
        reports.push([callId, sipCallId, remote?.rtp.port, report]),
    },
  });
  const legs = new Legs({
    mediaOf: callId => (callId.startsWith('call') ? 'media-0' : undefined),
    send,
    begin: (wish, place) => found?.then(() => ways.begin(wish, place)) ?? ways.begin(wish, place),
    held: new HeldLines({
      ports,
      count: (_, change) => {
        calls += change;
      },
      nowMs: () => clock.nowMs(),
    }),
  });
  /** Who was told what since the last look. */
  const told = (): string[] =>
    sent.splice(0).map(({ to, message }) => {
      const ending = message.type === 'legGone' ? ` ${message.ending.reason}` : '';
      return `${to} ${message.type}${ending}`;
    });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.turn(500);
      await settle();
    }
  };
  /** A leg whose line is open. */
  const add = async (wish: LegWish): Promise<void> => {
    const added = legs.add('call', wish);
    await settle();
    legs.ready(wish.legId);
    await added;
    await settle();
  };
  const freePorts = (): number => ports.freePorts;
  const away = (value: boolean): void => {
    isAway = value;
  };
  return { legs, people, told, pass, add, freePorts, away, sent, reports, trunkCalls: () => calls };
}

t.test('a room is joined when somebody is in it, and left when they are gone', async t => {
  const { legs, people, told, pass, add, away, freePorts } = rig();
  const before = freePorts();
  await add(inRoom('leg'));
  t.same(told(), ['media-0 openLeg']);
  await pass(1_000);
  away(true);
  await pass(1_000);
  away(false);
  t.same(told(), [], 'nobody is there');
  people.add('desk');
  await pass(500);
  t.same(told(), ['media-1 openRelay']);
  legs.relayUp('leg');
  await pass(90_000);
  t.same(told(), ['media-0 legUp'], 'answered, and no longer waited for');
  legs.relayGone({ legId: 'leg', reason: 'remoteHangup' });
  t.same(told(), ['media-0 legGone remoteHangup']);
  t.equal(freePorts(), before - 2, 'in use until the line is closed');
  legs.closed('leg');
  t.equal(freePorts(), before);
  legs.closed('leg');
  t.throws(() => legs.drop('call', 'leg'), { code: 'NOT_FOUND' });
});

t.test('both ends of a link know each other’s ports', async t => {
  const { people, add, sent } = rig();
  people.add('desk');
  await add(inRoom('leg'));
  const open = sent.find(({ message }) => message.type === 'openLeg')?.message;
  const relay = sent.find(({ message }) => message.type === 'openRelay')?.message;
  if (open?.type !== 'openLeg' || relay?.type !== 'openRelay') throw new Error('not opened');
  const { access } = open.leg;
  if (access.kind !== 'link') throw new Error('no link');
  t.same([relay.port, relay.farPort], [access.farPort, access.port]);
  t.not(access.port, access.farPort);
  t.same(relay.room, { url: 'ws://rooms', token: 'for leg-leg' });
});

t.test('nobody comes, or the leg is not wanted any more', async t => {
  const late = rig();
  await late.add(inRoom('leg'));
  late.told();
  await late.pass(50_000);
  t.same(late.told(), ['media-0 legGone noAnswer']);

  const { legs, people, told, add, pass } = rig();
  people.add('desk');
  await add(inRoom('leg'));
  told();
  t.throws(() => legs.drop('another', 'leg'), { code: 'NOT_FOUND' });
  legs.drop('call', 'leg');
  legs.drop('call', 'leg');
  t.same(told(), ['media-1 closeRelay', 'media-0 legGone localHangup']);
  legs.closed('leg');
  await pass(1_000);
  legs.drop('call', 'agent');
  t.same(told(), ['media-0 legGone localHangup']);
});

t.test('a leg that was dropped while its way was sought leads to nobody', async t => {
  const way = Promise.withResolvers<void>();
  const { legs, people, told, freePorts } = rig({ found: way.promise });
  people.add('desk');
  const added = legs.add('call', inRoom('leg'));
  legs.drop('call', 'leg');
  t.same(told(), []);
  way.resolve();
  await settle();
  t.same(told(), ['media-0 openLeg', 'media-0 legGone localHangup']);
  legs.ready('leg');
  await added;
  t.same(told(), []);
  legs.closed('leg');
  t.equal(freePorts(), 20);
});

t.test('RTCP of a phone leg goes into the ladder of its dialog', async t => {
  const attempt = { hops: [] } as unknown as OutboundAttempt;
  const { legs, add, reports } = rig({ peer: { route: async () => [attempt] } });
  const report = { type: 'lineReport', callId: 'leg', direction: 'in', bytes: 'AQID' } as const;
  const added = legs.add('call', toNumber('leg'));
  await settle();
  legs.report(report);
  t.same(reports, [], 'nobody is called yet');
  legs.ready('leg');
  await added;
  await add(inRoom('room'));
  for (const callId of ['leg', 'room', 'unknown']) legs.report({ ...report, callId });
  t.same(reports, [['call', 'one@here', 4000, { type: 'lineReport', direction: 'in', bytes: 'AQID' }]]);
});

t.test('a leg goes with either of its media processes', async t => {
  for (const media of ['media-0', 'media-1'] as const) {
    const { legs, people, told, add, freePorts } = rig();
    people.add('desk');
    await add(inRoom('leg'));
    told();
    legs.mediaGone('media-2');
    legs.mediaGone(media);
    t.equal(
      told().at(-1),
      media === 'media-0' ? 'media-0 legGone localHangup' : 'media-0 legGone networkLost',
    );
    legs.closed('leg');
    t.equal(freePorts(), 20);
  }
});

t.test('a room is in a call once', async t => {
  const { legs, add } = rig();
  await add(inRoom('one'));
  await t.rejects(legs.add('call', inRoom('two')), { code: 'BAD_REQUEST' });
  await add(inRoom('other', 'another desk'));
  legs.drop('call', 'one');
  await add(inRoom('two'));
  legs.drop('call', 'two');
  legs.closed('two');
  await add(inRoom('three'));
  t.pass('and again when it is left');
});

t.test('what can not be had is said, and keeps nothing', async t => {
  const { legs, add, freePorts, pass } = rig();
  await t.rejects(legs.add('another', inRoom('leg')), { code: 'NOT_FOUND' });
  await t.rejects(legs.add('call', toNumber('leg', { trunk: 'in' })), { code: 'BAD_REQUEST' });
  await t.rejects(legs.add('call', toNumber('leg', { trunk: 'none' })), { code: 'BAD_REQUEST' });
  await t.rejects(legs.add('call', toNumber('leg')), { code: 'LINE_FAILED' });
  t.equal(freePorts(), 20);
  for (const id of ['a', 'b', 'c', 'd']) await add(inRoom(id, id));
  await t.rejects(legs.add('call', inRoom('e')), { code: 'LEGS_FULL' });
  legs.closed('a');
  await t.rejects(legs.add('call', inRoom('b')), { code: 'BAD_REQUEST' });
  const before = freePorts();
  const unheard = t.rejects(legs.add('call', inRoom('e')), { code: 'LINE_FAILED' });
  await pass(5_000);
  await unheard;
  t.equal(freePorts(), before, 'a media process that says nothing has no ports of it');
  t.throws(() => legs.drop('call', 'e'), { code: 'NOT_FOUND' });
  const none = rig({ pairs: 1, door: false });
  await t.rejects(none.legs.add('call', inRoom('leg')), { code: 'ROOMS_DISABLED' });
  const few = rig({ pairs: 1 });
  await t.rejects(few.legs.add('call', inRoom('leg')), { code: 'CAPACITY' });
  t.equal(few.freePorts(), 1);
});

t.test('no more legs than the limit wait for somebody in a room', async t => {
  const most = LIMITS.roomLegsWaiting;
  const { legs, people, freePorts, pass } = rig({ pairs: 2 * most + 4 });
  const begin = (index: number): void =>
    void legs.add(`call ${index}`, inRoom(`leg ${index}`)).catch(() => {});
  for (let index = 0; index < most; index += 1) begin(index);
  const before = freePorts();
  await t.rejects(legs.add('call', inRoom('one more')), { code: 'CAPACITY' });
  t.equal(freePorts(), before);
  legs.drop('call 0', 'leg 0');
  begin(most);
  t.equal(freePorts(), before - 2, 'one is waited for no more');
  people.add('desk');
  await pass(500);
  begin(most + 1);
  t.equal(freePorts(), before - 4, 'all were let in');
});

t.test('legs of an edge before this one keep their ports and places, for as long as they go on', async t => {
  const { legs, freePorts, trunkCalls } = rig();
  const before = freePorts();
  const phone = { type: 'lineHeld', legId: 'phone', end: 'leg', port: 100, trunk: 'carrier' } as const;
  const link = { type: 'lineHeld', legId: 'room', trunk: null } as const;
  legs.hold(phone, 'media-0');
  legs.hold(phone, 'media-0');
  legs.hold({ ...link, end: 'leg', port: 102 }, 'media-0');
  legs.hold({ ...link, end: 'room', port: 104 }, 'media-1');
  t.same([before - freePorts(), trunkCalls()], [3, 1], 'once, however often they are told');
  legs.relayGone({ legId: 'room', reason: 'remoteHangup' });
  t.same([before - freePorts(), trunkCalls()], [2, 1]);
  legs.closed('room');
  legs.closed('room');
  t.same([before - freePorts(), trunkCalls()], [1, 1]);
  legs.mediaGone('media-1');
  t.same([before - freePorts(), trunkCalls()], [1, 1], 'another process');
  legs.mediaGone('media-0');
  t.same([before - freePorts(), trunkCalls()], [0, 0]);
});
