import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Address, LegWish, Message, MessageOf } from '../ipc/messages.ts';
import type { HeldLines } from './held_lines.ts';
import type { LegLine } from './leg_line.ts';

/** RTCP of a leg's line. */
export type Report = Pick<MessageOf<'lineReport'>, 'direction' | 'bytes'>;

/** A further leg of a call, whatever it leads to. */
export interface Leg {
  readonly line: LegLine;
  /** The media process has opened its line. */
  ready(): void;
  /** The media process has no line of it any more. */
  closed(): void;
  hangUp(): void;
  report?(report: Report): void;
  relayUp?(): void;
  relayGone?(reason: MessageOf<'relayGone'>['reason']): void;
  mediaGone?(media: Address): void;
}

/** Where a leg belongs, and who hears that it is over. */
export interface LegPlace {
  readonly callId: string;
  readonly media: Address;
  over(): void;
}

export interface LegsParts {
  /** The process that has a call; undefined for one that is not up. */
  mediaOf(callId: string): Address | undefined;
  send(to: Address, message: Message): void;
  /** Begins a leg. @throws TrunklineError what is wrong with the wish, or wanting */
  begin(wish: LegWish, place: LegPlace): Promise<Leg>;
  /** Lines of legs that an edge before this one began. */
  readonly held: Pick<HeldLines, 'hold' | 'closed' | 'mediaGone'>;
}

interface Entry {
  readonly callId: string;
  readonly to: LegWish['to'];
  /** Undefined while it begins. */
  leg: Leg | undefined;
  isDropped: boolean;
}

/** The agent's own part in a call goes by this name. */
const AGENT = 'agent';

/** The further legs of all calls. */
export class Legs {
  readonly #parts: LegsParts;
  readonly #legs = new Map<string, Entry>();

  constructor(parts: LegsParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the leg is on its way: what becomes of it is in the call's record.
   * @throws TrunklineError NOT_FOUND for a call that is not up, LEGS_FULL, BAD_REQUEST for a room that is a leg of the call
   * already, LINE_FAILED, and what `begin` throws
   */
  async add(callId: string, wish: LegWish): Promise<void> {
    const { legId, to } = wish;
    const media = this.#parts.mediaOf(callId);
    if (media === undefined) throw new TrunklineError('NOT_FOUND', 'no call with this id is up');
    const others = [...this.#legs.values()].filter(other => other.callId === callId);
    if (others.length >= LIMITS.callLegs) throw new TrunklineError('LEGS_FULL', `${LIMITS.callLegs} legs`);
    if (this.#legs.has(legId)) throw new TrunklineError('BAD_REQUEST', 'a leg has this id already');
    // Whoever is in it would hear themselves.
    if (others.some(other => !other.isDropped && isSameRoom(other.to, to)))
      throw new TrunklineError('BAD_REQUEST', 'room: the call has a leg there already');
    const entry: Entry = { callId, to, leg: undefined, isDropped: false };
    this.#legs.set(legId, entry);
    const over = (): void => void this.#legs.delete(legId);
    try {
      entry.leg = await this.#parts.begin(wish, { callId, media, over });
    } catch (error) {
      over();
      throw error;
    }
    if (entry.isDropped) entry.leg.hangUp();
    await entry.leg.line.opened.catch((error: unknown) => {
      entry.leg?.hangUp();
      throw error;
    });
  }

  /** @throws TrunklineError NOT_FOUND for what is no leg of a call that is up */
  drop(callId: string, legId: string): void {
    const { mediaOf, send } = this.#parts;
    const media = mediaOf(callId);
    const entry = this.#legs.get(legId);
    if (legId === AGENT && media !== undefined)
      send(media, { type: 'legGone', callId, legId, ending: { reason: 'localHangup' } });
    else if (entry?.callId === callId) {
      entry.isDropped = true;
      entry.leg?.hangUp();
    } else throw new TrunklineError('NOT_FOUND', 'the call has no such leg');
  }

  /** A media process goes on with a line of an edge before this one. */
  hold(line: MessageOf<'lineHeld'>, media: Address): void {
    this.#parts.held.hold(line, media);
  }

  /** What media processes tell of a line, where it is a leg's. */
  ready(legId: string): void {
    this.#legs.get(legId)?.leg?.ready();
  }

  closed(legId: string): void {
    this.#legs.get(legId)?.leg?.closed();
    this.#parts.held.closed({ legId, end: 'leg' });
  }

  report({ callId: legId, ...report }: MessageOf<'lineReport'>): void {
    this.#legs.get(legId)?.leg?.report?.(report);
  }

  relayUp(legId: string): void {
    this.#legs.get(legId)?.leg?.relayUp?.();
  }

  relayGone({ legId, reason }: Omit<MessageOf<'relayGone'>, 'type'>): void {
    this.#legs.get(legId)?.leg?.relayGone?.(reason);
    this.#parts.held.closed({ legId, end: 'room' });
  }

  /** Legs go with the process that had them, though their call may go on in another one. */
  mediaGone(media: Address): void {
    for (const { leg } of this.#legs.values())
      if (leg?.line.media === media) leg.closed();
      else leg?.mediaGone?.(media);
    this.#parts.held.mediaGone(media);
  }
}

function isSameRoom(one: LegWish['to'], other: LegWish['to']): boolean {
  return one.kind === 'room' && other.kind === 'room' && one.room === other.room;
}
