import { createFrame, type Frame, type PipelineRateHz } from '../../pipeline/frame.ts';
import { LIMITS } from '../config/limits.ts';
import type { MessageOf } from '../ipc/messages.ts';
import type { Line, LineEndReason, LineEvents } from '../lines/line.ts';
import type { Ticking } from './media_clock.ts';

/** What the edge tells about a room: the call that it is joined to lives wherever the link leads. */
type OpenRelay = MessageOf<'openRelay'>;

export interface RelaysParts {
  readonly rateHz: PipelineRateHz;
  openRoom(access: OpenRelay['room'], rateHz: PipelineRateHz, events: LineEvents): Line;
  openLink(ends: Pick<OpenRelay, 'port' | 'farPort'>, rateHz: PipelineRateHz, events: LineEvents): Line;
  toEdge(message: MessageOf<'relayUp' | 'relayGone'>): void;
}

/** LiveKit does not tell how long a key was held. */
const KEY_MS = 100;

/** Lines to rooms that calls of this or other processes are joined to, each by a link over the loopback. */
export class Relays implements Ticking {
  readonly #parts: RelaysParts;
  readonly #relays = new Map<string, Relay>();

  constructor(parts: RelaysParts) {
    this.#parts = parts;
  }

  /** Joins the room and opens the link; what comes of it is told. */
  open({ legId, room, port, farPort }: OpenRelay): void {
    const { rateHz, openRoom, openLink, toEdge } = this.#parts;
    if (this.#relays.has(legId)) return;
    if (this.#relays.size >= LIMITS.roomRelays) {
      toEdge({ type: 'relayGone', legId, reason: 'rejected' });
      return;
    }
    const relay: Relay = new Relay(rateHz, {
      port,
      openRoom: events => openRoom(room, rateHz, events),
      openLink: events => openLink({ port, farPort }, rateHz, events),
      up: () => toEdge({ type: 'relayUp', legId }),
      ended: reason => {
        this.#relays.delete(legId);
        toEdge({ type: 'relayGone', legId, reason });
      },
    });
    this.#relays.set(legId, relay);
  }

  /** What the next edge is told of them. */
  held(): MessageOf<'lineHeld'>[] {
    return [...this.#relays].map(([legId, { port }]) => {
      return { type: 'lineHeld', legId, end: 'room', port, trunk: null };
    });
  }

  close(legId: string): void {
    this.#relays.get(legId)?.close('localHangup');
  }

  /** Who comes into a room from now on has nobody to tell that they are there. */
  edgeLost(): void {
    for (const relay of this.#relays.values()) if (!relay.isUp) relay.close('networkLost');
  }

  tick(): void {
    for (const relay of this.#relays.values()) relay.tick();
  }

  skip(): void {
    // Neither line has a time of its own to keep.
  }

  /** Leaves all rooms. */
  async stop(): Promise<void> {
    await Promise.all([...this.#relays.values()].map(relay => relay.close('localHangup')));
  }
}

interface RelayParts {
  /** Of this end of the link. */
  readonly port: number;
  openRoom(events: LineEvents): Line;
  openLink(events: LineEvents): Line;
  /** Somebody in the room can be heard. */
  up(): void;
  /** Both lines are over; told once. */
  ended(reason: LineEndReason): void;
}

/** A room's line and a link, each of which says what the other hears. */
class Relay {
  readonly #room: Line;
  readonly #link: Line;
  readonly #fromRoom: Frame;
  readonly #fromLink: Frame;
  readonly #parts: RelayParts;
  #isUp = false;
  #hasEnded = false;

  constructor(rateHz: PipelineRateHz, parts: RelayParts) {
    this.#parts = parts;
    this.#fromRoom = createFrame(rateHz);
    this.#fromLink = createFrame(rateHz);
    this.#room = parts.openRoom({
      answered: () => {
        this.#isUp = true;
        parts.up();
      },
      dtmf: key => this.#link.press(key, KEY_MS),
      held: () => undefined,
      resumed: () => undefined,
      ended: reason => this.close(reason),
    });
    this.#link = parts.openLink({
      answered: () => undefined,
      dtmf: (key, durationMs) => this.#room.press(key, durationMs),
      held: () => undefined,
      resumed: () => undefined,
      ended: reason => this.close(reason),
    });
  }

  /** Somebody in the room can be heard. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get port(): number {
    return this.#parts.port;
  }

  tick(): void {
    this.#room.pull(this.#fromRoom);
    this.#link.push(this.#fromRoom);
    this.#link.pull(this.#fromLink);
    this.#room.push(this.#fromLink);
  }

  /** Ends both lines, whichever of them ended first. */
  async close(reason: LineEndReason): Promise<void> {
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#parts.ended(reason);
    }
    await Promise.all([this.#room.close(reason), this.#link.close(reason)]);
  }
}
