import type { Clock } from '../../sip/clock.ts';
import type { PortRange } from '../../sip/rtp/port_range.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import type { InviteOptions, Session, SessionEvents } from '../../sip/session/session.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Trunk } from '../config/trunks.ts';
import type { Address, LegOrder, LegWish, Message } from '../ipc/messages.ts';
import type { OutboundCall } from '../telephony/outbound_target.ts';
import type { OutboundAttempt } from '../telephony/trunk_peer.ts';
import type { Acquaintances } from './acquaintances.ts';
import { LegLine } from './leg_line.ts';
import type { Leg, LegPlace, Report } from './legs.ts';
import { OutboundLeg } from './outbound_leg.ts';
import { type RoomDoor, RoomLeg } from './room_leg.ts';
import { RoomLooks } from './room_looks.ts';
import { sessionMedia } from './session_media.ts';

/** The way out by a trunk. */
interface Peer {
  route(call: OutboundCall): Promise<[OutboundAttempt, ...OutboundAttempt[]]>;
}

export interface NewLegsParts {
  readonly clock: Clock;
  readonly ports: PortRange;
  readonly tenantId: string;
  /** Local address of RTP, and the address that far ends are told. */
  readonly rtpHost: string;
  readonly rtpAdvertised: string;
  /** As configured now. */
  trunks(): readonly Trunk[];
  peerOf(trunk: string): Peer | undefined;
  /** Calls of a trunk, both ways, now; and one more or less. */
  callsOf(trunk: string): number;
  count(trunk: string, change: 1 | -1): void;
  invite(options: InviteOptions, events: SessionEvents): Session;
  readonly acquaintances: Pick<Acquaintances, 'follow'>;
  /** Undefined on a node without rooms. */
  readonly door: RoomDoor | undefined;
  relayMedia(): Address | undefined;
  send(to: Address, message: Message): void;
  readonly ladders: {
    begin(call: LegLadder): void;
    end(call: LegLadder, hasRecord: boolean): void;
    report(call: LegLadder, remote: AudioStream['remote'], report: Report): void;
  };
}

/** Whose SIP messages belong into a call's record. */
interface LegLadder {
  readonly tenantId: string;
  readonly callId: string;
  readonly sipCallId: string;
  readonly local: { readonly host: string; readonly port: number };
}

type NumberWish = Extract<LegWish['to'], { kind: 'number' }>;

type PortsOf<N extends 1 | 2> = N extends 1 ? [number] : [number, number];

/** Begins further legs of calls: to a number by a trunk, or into a room. */
export class NewLegs {
  readonly #parts: NewLegsParts;
  /** Undefined on a node without rooms. */
  readonly #looks: RoomLooks | undefined;

  constructor(parts: NewLegsParts) {
    const { door, clock } = parts;
    this.#parts = parts;
    this.#looks = door && new RoomLooks(room => door.hasPeople(room), clock);
  }

  /**
   * @throws TrunklineError BAD_REQUEST for what is no number or a trunk that places no calls, ROOMS_DISABLED, CAPACITY when
   * a trunk or the ports are used up, or too many legs wait for somebody in a room, LINE_FAILED when no gateway can be found
   */
  async begin(wish: LegWish, place: LegPlace): Promise<Leg> {
    return wish.to.kind === 'room' ? this.#join(wish, wish.to.room, place) : this.#call(wish, wish.to, place);
  }

  async #call(
    wish: LegWish,
    { number, trunk: named, callerNumber }: NumberWish,
    place: LegPlace,
  ): Promise<Leg> {
    const { count, callsOf, peerOf, clock, invite, acquaintances, ladders, rtpHost, rtpAdvertised } =
      this.#parts;
    const trunk = this.#trunk(named);
    const peer = peerOf(trunk.name);
    if (peer === undefined) throw new TrunklineError('LINE_FAILED', `trunk ${trunk.name} is not ready`);
    const attempts = await peer.route({ number, ...(callerNumber !== undefined && { callerNumber }) });
    if (callsOf(trunk.name) >= trunk.maxCalls)
      throw new TrunklineError('CAPACITY', `trunk ${trunk.name} has all its calls`);
    const [port] = this.#takePorts(1);
    count(trunk.name, 1);
    const from = callerNumber ?? '';
    const access = {
      kind: 'trunk',
      trunk: trunk.name,
      host: rtpHost,
      port,
      stream: null,
      from,
      to: number,
    } as const;
    const ladderOf = ({ callId: sipCallId }: Session): LegLadder => {
      const { callId } = place;
      return { tenantId: this.#parts.tenantId, callId, sipCallId, local: { host: rtpHost, port } };
    };
    return new OutboundLeg({
      line: this.#line(wish, access, place),
      attempts,
      media: sessionMedia(trunk.codecs, port, rtpAdvertised),
      clock,
      invite,
      began: session => ladders.begin(ladderOf(session)),
      ended: session => ladders.end(ladderOf(session), true),
      reported: (session, report) => ladders.report(ladderOf(session), session.stream?.remote, report),
      follow: session => acquaintances.follow(session),
      over: () => {
        place.over();
        count(trunk.name, -1);
        this.#giveBack(port);
      },
    });
  }

  #join(wish: LegWish, room: string, place: LegPlace): Leg {
    const { door, clock, relayMedia, send } = this.#parts;
    const looks = this.#looks;
    if (door === undefined || looks === undefined)
      throw new TrunklineError('ROOMS_DISABLED', 'livekit.enabled is false');
    if (looks.count >= LIMITS.roomLegsWaiting)
      throw new TrunklineError('CAPACITY', `${LIMITS.roomLegsWaiting} legs wait for somebody in a room`);
    const [port, farPort] = this.#takePorts(2);
    return new RoomLeg({
      line: this.#line(wish, { kind: 'link', port, farPort, to: room }, place),
      room,
      door,
      looks,
      port,
      farPort,
      clock,
      relayMedia,
      send,
      over: () => {
        place.over();
        this.#giveBack(port, farPort);
      },
    });
  }

  #line({ legId, mode, keepAgent }: LegWish, access: LegOrder['access'], place: LegPlace): LegLine {
    const { clock, send } = this.#parts;
    const { callId, media } = place;
    return new LegLine({ callId, media, order: { legId, mode, keepAgent, access }, clock, send });
  }

  #trunk(name: string | undefined): Trunk {
    const outbound = this.#parts.trunks().filter(({ directions }) => directions.includes('outbound'));
    const trunk = name === undefined ? outbound[0] : outbound.find(each => each.name === name);
    if (trunk === undefined)
      throw new TrunklineError(
        'BAD_REQUEST',
        name === undefined ? 'no trunk places calls' : 'trunk: no such one places calls',
      );
    return trunk;
  }

  /** @throws TrunklineError CAPACITY; then none is taken */
  #takePorts<N extends 1 | 2>(count: N): PortsOf<N>;
  #takePorts(count: number): number[] {
    const { ports, clock } = this.#parts;
    const taken = Array.from({ length: count }, () => ports.take(clock.nowMs())).filter(
      port => port !== undefined,
    );
    if (taken.length === count) return taken;
    this.#giveBack(...taken);
    throw new TrunklineError('CAPACITY', 'no ports for the leg');
  }

  #giveBack(...given: readonly number[]): void {
    const { ports, clock } = this.#parts;
    for (const port of given) ports.giveBack(port, clock.nowMs());
  }
}
