import type { Alarm, Clock } from '../../sip/clock.ts';
import { LIMITS } from '../config/limits.ts';
import type { Address, LegEnding, Message, MessageOf } from '../ipc/messages.ts';
import type { LegLine } from './leg_line.ts';
import type { RoomLooks } from './room_looks.ts';

/** Rooms as a leg needs them; both reject while LiveKit is away. */
export interface RoomDoor {
  /** Whether somebody is in the room who is no machine. */
  hasPeople(room: string): Promise<boolean>;
  /** What a media process joins it with. */
  access(room: string, identity: string): Promise<{ readonly url: string; readonly token: string }>;
}

export interface RoomLegParts {
  readonly line: LegLine;
  readonly room: string;
  readonly door: Pick<RoomDoor, 'access'>;
  readonly looks: Pick<RoomLooks, 'wait'>;
  /** Ports of the link: the call's end and the room's. */
  readonly port: number;
  readonly farPort: number;
  readonly clock: Clock;
  /** The process that is to join the room; undefined when none can. */
  relayMedia(): Address | undefined;
  send(to: Address, message: Message): void;
  over(): void;
}

/**
 * A further leg of a call: whoever is in a room of LiveKit. The room is joined when somebody is in it, by a media process
 * that a link leads to, and left when they are gone.
 */
export class RoomLeg {
  readonly line: LegLine;
  readonly #parts: RoomLegParts;
  readonly #patience: Alarm;
  readonly #stopLooking: () => void;
  /** The process that is in the room. */
  #relayAt: Address | undefined;
  #isOver = false;

  /** Looks for somebody at once. */
  constructor(parts: RoomLegParts) {
    const { line, room, clock, looks } = parts;
    this.line = line;
    this.#parts = parts;
    this.#patience = clock.after(LIMITS.legAnswerMs, () => this.#gone({ reason: 'noAnswer' }));
    this.#stopLooking = looks.wait(room, () => void this.#join());
  }

  /** The media process has its end of the link. */
  ready(): void {
    this.line.ready();
  }

  /** It has it no more. */
  closed(): void {
    this.line.closed();
    if (this.#isOver) this.#parts.over();
    else this.hangUp();
  }

  hangUp(): void {
    this.#gone({ reason: 'localHangup' });
  }

  /** Somebody in the room can be heard. */
  relayUp(): void {
    this.#patience.cancel();
    this.line.answered();
  }

  /** The last of them left, or the room was not to be joined. */
  relayGone(reason: MessageOf<'relayGone'>['reason']): void {
    this.#relayAt = undefined;
    this.#gone({ reason });
  }

  mediaGone(media: Address): void {
    if (media === this.#relayAt) this.relayGone('networkLost');
  }

  /** Somebody is there: they are let in as soon as the line is open. */
  async #join(): Promise<void> {
    const { door, room, port, farPort, relayMedia, send } = this.#parts;
    const { legId, opened } = this.line;
    await opened.catch(() => this.hangUp());
    const access = await door.access(room, `leg-${legId}`).catch(() => undefined);
    const media = relayMedia();
    if (this.#isOver) return;
    if (access === undefined || media === undefined) {
      this.#gone({ reason: 'unreachable' });
      return;
    }
    this.#relayAt = media;
    send(media, { type: 'openRelay', legId, room: access, port: farPort, farPort: port });
  }

  #gone(ending: LegEnding): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.cancel();
    this.#stopLooking();
    const { send, over } = this.#parts;
    const { legId } = this.line;
    if (this.#relayAt !== undefined) send(this.#relayAt, { type: 'closeRelay', legId });
    this.line.gone(ending);
    if (!this.line.isOpen) over();
  }
}
