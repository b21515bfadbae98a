import type { After } from '../agent/ports.ts';
import { LIMITS } from '../config/limits.ts';
import type { Address, CallAssignment, Message } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { Admission } from './admission.ts';

/** Where a call came from: who there is told what becomes of it. */
export interface CallOrigin {
  /** Both ends hear each other. */
  up(): void;
  /** The media process is lost: whether the call can go on in another one. Left out, it can't. */
  canGoOn?(): boolean;
  /** Told once, last. `failed`: it came to nothing, or its media process is gone. */
  ended(failed: boolean, reason: string): void;
}

interface AssignmentOptions {
  readonly admission: Admission;
  send(to: Address, message: Message): void;
  readonly after: After;
  readonly log: Logger;
}

interface LiveCall {
  call: CallAssignment;
  readonly origin: CallOrigin;
  /** Undefined while the call has lost its media process, and no other has a slot. */
  media: Address | undefined;
  /** Told by its media process; until then its slot is reserved. */
  up: boolean;
  refusedBy: Address[];
  /** As its media process told last. */
  checkpoint: string | null;
  /** Ends the patience with a call that has lost its media process. */
  cancelLimit?: () => void;
  /** A process that had the call when it died, and waits to hear of its fate. */
  orphanAt?: Address;
}

const LOST = 'media process lost';

/** Which media process has which call, from its assignment to its end. */
export class Assignment {
  readonly #options: AssignmentOptions;
  readonly #calls = new Map<string, LiveCall>();
  /** Calls that went on in another process than at first, also those that are over. */
  readonly #takenOver = new Set<string>();

  constructor(options: AssignmentOptions) {
    this.#options = options;
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** Hands a call to the media process where a slot was reserved for it. */
  place(call: CallAssignment, media: Address, origin: CallOrigin): void {
    this.#options.log.info({ callId: call.callId, media }, 'call assigned');
    this.#calls.set(call.callId, { call, origin, media, up: false, refusedBy: [], checkpoint: null });
    this.#options.send(media, { type: 'assign', call });
  }

  /** A call that a media process has had since before this process began. */
  adopt(call: CallAssignment, media: Address, checkpoint: string | null, origin: CallOrigin): void {
    this.#options.log.info({ callId: call.callId, media }, 'call adopted');
    this.#calls.set(call.callId, { call, origin, media, up: true, refusedBy: [], checkpoint });
  }

  /** Says something to the process that has the call; nothing once it is over. */
  tell(callId: string, message: Message): void {
    const live = this.#calls.get(callId);
    if (live?.media !== undefined) this.#options.send(live.media, message);
  }

  /** The process in which a call is up. */
  mediaOf(callId: string): Address | undefined {
    const live = this.#calls.get(callId);
    return live?.up === true ? live.media : undefined;
  }

  callUp(callId: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#settle(live);
    live.refusedBy = [];
    live.cancelLimit?.();
    delete live.cancelLimit;
    if (live.call.resume !== undefined) this.#noteTakenOver(live);
    live.origin.up();
  }

  /** Whether it is kept: a call that is over needs none. */
  checkpoint(callId: string, checkpoint: string): boolean {
    const live = this.#calls.get(callId);
    if (live !== undefined) live.checkpoint = checkpoint;
    return live !== undefined;
  }

  /** A process that can't take the call after all is passed over; the next one is asked. */
  callRefused(callId: string, by: Address, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined || live.media !== by) return;
    this.#settle(live);
    live.refusedBy.push(by);
    if (live.call.resume !== undefined) {
      live.media = undefined;
      this.#placeLost(live);
      return;
    }
    const slot = this.#options.admission.reserve(live.refusedBy);
    if ('refused' in slot) this.#end(live, true, reason);
    else this.#assign(live, slot.media);
  }

  /** One that was to go on in another process, and could not there, is like one refused: the next is asked. */
  callEnded(callId: string, by: Address, failed: boolean, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined || live.media !== by) return;
    if (live.call.resume !== undefined && !live.up) {
      this.callRefused(callId, by, reason);
      return;
    }
    this.#settle(live);
    this.#end(live, failed, reason);
  }

  /**
   * A media process died. Its calls go on in others, as soon as there is a slot; those that can't end here: nobody is
   * left to speak to, so nobody is left on hold.
   */
  mediaGone(media: Address): void {
    for (const live of this.#calls.values()) {
      if (live.orphanAt === media) delete live.orphanAt;
      if (live.media !== media) continue;
      this.#settle(live);
      if (live.origin.canGoOn?.() === true) this.#lose(live);
      else this.#end(live, true, LOST);
    }
  }

  /** There may be slots where there were none. */
  slotsChanged(): void {
    for (const live of this.#calls.values()) {
      if (live.media !== undefined) continue;
      live.refusedBy = [];
      this.#placeLost(live);
    }
  }

  /** A process that has begun anew asks what became of a call that it had. */
  orphan(callId: string, by: Address): void {
    const live = this.#calls.get(callId);
    const isUp = live?.media !== undefined && live.up;
    if (live !== undefined && !isUp) live.orphanAt = by;
    else this.#tellFate(by, callId, !isUp && !this.#takenOver.has(callId));
  }

  #lose(live: LiveCall): void {
    const { checkpoint, call } = live;
    const times = (call.resume?.times ?? 0) + 1;
    live.call = { ...call, resume: { times, checkpoint } };
    live.media = undefined;
    live.refusedBy = [];
    live.cancelLimit ??= this.#options.after(LIMITS.takeoverMs, () => this.#giveUp(live));
    this.#placeLost(live);
  }

  /** A call that can't be placed now waits for a slot. */
  #placeLost(live: LiveCall): void {
    if (live.origin.canGoOn?.() !== true) {
      this.#end(live, true, LOST);
      return;
    }
    const media = this.#options.admission.reserveForLost(live.refusedBy);
    if (media === undefined) return;
    this.#options.log.info({ callId: live.call.callId, media }, 'call taken over');
    this.#assign(live, media);
  }

  /** Its record is the new process's. */
  #noteTakenOver({ call, orphanAt }: LiveCall): void {
    const { callId } = call;
    this.#takenOver.add(callId);
    if (this.#takenOver.size > LIMITS.takeoversRemembered)
      this.#takenOver.delete(this.#takenOver.values().next().value ?? '');
    if (orphanAt !== undefined) this.#tellFate(orphanAt, callId, false);
  }

  #assign(live: LiveCall, media: Address): void {
    live.media = media;
    live.up = false;
    this.#options.send(media, { type: 'assign', call: live.call });
  }

  #giveUp(live: LiveCall): void {
    const { callId } = live.call;
    this.tell(callId, { type: 'hangUp', callId });
    this.#settle(live);
    this.#end(live, true, LOST);
  }

  #settle(live: LiveCall): void {
    if (!live.up && live.media !== undefined) this.#options.admission.release(live.media);
    live.up = true;
  }

  #end(live: LiveCall, failed: boolean, reason: string): void {
    const { call, origin, cancelLimit, orphanAt } = live;
    const { callId } = call;
    cancelLimit?.();
    this.#calls.delete(callId);
    if (orphanAt !== undefined) this.#tellFate(orphanAt, callId, !this.#takenOver.has(callId));
    origin.ended(failed, reason);
  }

  #tellFate(to: Address, callId: string, isLost: boolean): void {
    this.#options.send(to, { type: 'orphanFate', callId, isLost });
  }
}
