import t from 'tap';
import { CODECS } from '../../sip/sdp/codec.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import type { Ending, InviteOptions, Parting, Session, SessionEvents } from '../../sip/session/session.ts';
import type { LegOrder, Message } from '../../src/ipc/messages.ts';
import { LegLine } from '../../src/signalling/leg_line.ts';
import { OutboundLeg } from '../../src/signalling/outbound_leg.ts';
import { sessionMedia } from '../../src/signalling/session_media.ts';
import type { OutboundAttempt } from '../../src/telephony/trunk_peer.ts';
import { sipUri } from '../sip/far_end.ts';
import { HandClock } from '../sip/transport/hand_clock.ts';

const STREAM: AudioStream = {
  remote: { rtp: { address: '192.0.2.7', port: 4000 }, rtcp: undefined },
  direction: 'sendrecv',
  held: false,
  sendCodec: CODECS.PCMU,
  sendPayloadType: 0,
  receive: [],
  sendEvents: undefined,
  receiveEvents: [],
  ptimeMs: 20,
};

/** A try, whose far end the test plays. */
class Try {
  readonly options: InviteOptions;
  readonly events: SessionEvents;
  hungUp: Parting | undefined;
  #hasEnded = false;

  constructor(options: InviteOptions, events: SessionEvents) {
    this.options = options;
    this.events = events;
  }

  hangUp(parting: Parting = {}): void {
    if (this.#hasEnded) return;
    this.hungUp = parting;
    this.end({ by: 'local', reasons: [], status: 487 });
  }

  end(ending: Ending): void {
    this.#hasEnded = true;
    this.events.ended?.(ending);
  }
}

function attempt(gateway: string): OutboundAttempt {
  const target = sipUri(`sip:+15550111@${gateway}`);
  return {
    gateway,
    target,
    from: { uri: sipUri('sip:trunkline@here'), params: [] },
    routes: [],
    hops: [{ protocol: 'UDP', address: '192.0.2.1', port: 5060 }],
  } as unknown as OutboundAttempt;
}

const ORDER: LegOrder = {
  legId: 'leg',
  mode: 'bridge',
  keepAgent: false,
  access: { kind: 'link', port: 2, farPort: 4, to: '' },
};

function rig(gateways: readonly [string, ...string[]] = ['one']) {
  const clock = new HandClock();
  const sent: Message[] = [];
  const tries: Try[] = [];
  let overs = 0;
  const send = (_: string, message: Message): void => void sent.push(message);
  const line = new LegLine({ callId: 'call', media: 'media-0', order: ORDER, clock, send });
  const [first, ...others] = gateways;
  const leg = new OutboundLeg({
    line,
    attempts: [attempt(first), ...others.map(attempt)],
    media: sessionMedia(['PCMU'], 2, '192.0.2.1'),
    clock,
    invite: (options, events) => {
      const made = new Try(options, events);
      tries.push(made);
      return made as unknown as Session;
    },
    began: () => {},
    ended: () => {},
    reported: () => {},
    follow: () => {},
    over: () => {
      overs += 1;
    },
  });
  /** Types of messages to the media process since the last look; endings whole. */
  const told = (): unknown[] =>
    sent.splice(0).map(message => (message.type === 'legGone' ? message.ending : message.type));
  return { clock, leg, line, tries, told, overs: () => overs };
}

const BUSY_HERE = { by: 'remote', status: 486, reasons: [] } as const;
const DOWN = { by: 'remote', status: 503, reasons: [] } as const;

t.test('calls once the line is open, is heard before the answer, and then answered', async t => {
  const { leg, line, tries, told, overs } = rig();
  t.same(told(), ['openLeg']);
  t.same(tries, [], 'not before there is somewhere to hear');
  leg.ready();
  leg.ready();
  await line.opened;
  t.equal(tries.length, 1);
  t.equal(tries[0]?.options.media.local.rtpPort, 2);
  tries[0]?.events.progress?.(180, undefined, undefined as never);
  t.same(told(), []);
  tries[0]?.events.progress?.(183, STREAM, undefined as never);
  tries[0]?.events.confirmed?.(STREAM);
  tries[0]?.events.changed?.({ ...STREAM, held: true });
  t.same(told(), ['lineAnswered', 'lineChanged', 'legUp', 'lineChanged']);
  tries[0]?.end({ by: 'remote', reasons: [{ protocol: 'Q.850', cause: 16 }] });
  t.same(told(), [{ reason: 'remoteHangup', cause: 16 }]);
  t.equal(overs(), 0, 'its ports are in use still');
  leg.closed();
  t.equal(overs(), 1);
});

t.test('gateway after gateway, until one is there', async t => {
  const { leg, tries, told } = rig(['one', 'two', 'three']);
  leg.ready();
  tries[0]?.end(DOWN);
  tries[1]?.end({ by: 'timeout', status: 408, reasons: [] });
  told();
  t.same(
    tries.map(({ options }) => options.target),
    ['one', 'two', 'three'].map(gateway => attempt(gateway).target),
  );
  tries[2]?.end(DOWN);
  t.same(told(), [{ reason: 'unreachable', status: 503 }]);
});

t.test('a gateway that says nothing is passed over, one that tries is not', async t => {
  const { clock, leg, tries, told } = rig(['one', 'two', 'three']);
  leg.ready();
  clock.turn(4_000);
  t.ok(tries[0]?.hungUp);
  tries[1]?.events.trying?.();
  clock.turn(10_000);
  t.equal(tries.length, 2);
  tries[1]?.end(DOWN);
  told();
  clock.turn(10_000);
  t.equal(tries[2]?.hungUp, undefined, 'the last is waited for');
  t.same(told(), []);
});

t.test('a far end that has spoken for itself is the last', async t => {
  for (const ring of [true, false]) {
    const { leg, tries, told } = rig(['one', 'two']);
    leg.ready();
    if (ring) tries[0]?.events.progress?.(180, undefined, undefined as never);
    tries[0]?.end(ring ? DOWN : BUSY_HERE);
    t.equal(tries.length, 1);
    t.match(told().at(-1), ring ? { reason: 'unreachable' } : { reason: 'busy', status: 486 });
  }
});

t.test('why nobody came is told by status and cause', async t => {
  const cases: readonly [Ending, object][] = [
    [BUSY_HERE, { reason: 'busy', status: 486 }],
    [
      { by: 'remote', status: 600, reasons: [] },
      { reason: 'busy', status: 600 },
    ],
    [
      { by: 'remote', status: 603, reasons: [] },
      { reason: 'declined', status: 603 },
    ],
    [
      { by: 'remote', status: 480, reasons: [] },
      { reason: 'noAnswer', status: 480 },
    ],
    [
      { by: 'remote', status: 404, reasons: [] },
      { reason: 'unreachable', status: 404 },
    ],
    [
      { by: 'remote', status: 488, reasons: [] },
      { reason: 'rejected', status: 488 },
    ],
    [
      { by: 'remote', status: 480, reasons: [{ protocol: 'q.850', cause: 17 }] },
      { reason: 'busy', status: 480, cause: 17 },
    ],
    [
      { by: 'remote', status: 403, reasons: [{ protocol: 'SIP', cause: 21 }] },
      { reason: 'rejected', status: 403 },
    ],
    [
      { by: 'remote', status: 403, reasons: [{ protocol: 'Q.850', cause: 999 }] },
      { reason: 'rejected', status: 403 },
    ],
  ];
  for (const [ending, wanted] of cases) {
    const { leg, tries, told } = rig();
    leg.ready();
    tries[0]?.end(ending);
    t.same(told().at(-1), wanted);
  }
});

t.test('nobody answers for too long', async t => {
  const { clock, leg, tries, told } = rig();
  leg.ready();
  tries[0]?.events.progress?.(180, undefined, undefined as never);
  clock.turn(49_999);
  t.equal(tries[0]?.hungUp, undefined);
  clock.turn(1);
  t.ok(tries[0]?.hungUp);
  t.match(told().at(-1), { reason: 'noAnswer' });
});

t.test('whoever lets go first, both are let go, once', async t => {
  const gone = rig();
  gone.leg.ready();
  gone.tries[0]?.events.confirmed?.(STREAM);
  gone.leg.closed();
  t.match(gone.tries[0]?.hungUp, { reason: { protocol: 'Q.850', cause: 16 } });
  t.equal(gone.overs(), 1);

  const dropped = rig();
  dropped.leg.hangUp();
  dropped.leg.ready();
  t.same(dropped.tries, [], 'not called at all');
  t.same(dropped.told().slice(1), [{ reason: 'localHangup' }]);
  dropped.leg.closed();
  t.equal(dropped.overs(), 1);
});

t.test('a media process that opens nothing is not waited for', async t => {
  const { clock, leg, line, tries } = rig();
  const failing = t.rejects(line.opened, { code: 'LINE_FAILED' });
  clock.turn(5_000);
  await failing;
  t.same(tries, []);
  leg.closed();
  await t.rejects(line.opened);
});
