import type { Address, CallAssignment, Message } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { Admission } from './admission.ts';

/** Where a call came from: who there is told what becomes of it. */
export interface CallOrigin {
  /** Both ends hear each other. */
  up(): void;
  /** Told once, last. `failed`: it came to nothing, or its media process is gone. */
  ended(failed: boolean, reason: string): void;
}

interface AssignmentOptions {
  readonly admission: Admission;
  send(to: Address, message: Message): void;
  readonly log: Logger;
}

interface LiveCall {
  readonly call: CallAssignment;
  readonly origin: CallOrigin;
  media: Address;
  /** Told by its media process; until then its slot is reserved. */
  up: boolean;
  readonly refusedBy: Address[];
}

/** Which media process has which call, from its assignment to its end. */
export class Assignment {
  readonly #options: AssignmentOptions;
  readonly #calls = new Map<string, LiveCall>();

  constructor(options: AssignmentOptions) {
    this.#options = options;
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** Hands a call to the media process where a slot was reserved for it. */
  place(call: CallAssignment, media: Address, origin: CallOrigin): void {
    this.#options.log.info({ callId: call.callId, media }, 'call assigned');
    this.#calls.set(call.callId, { call, origin, media, up: false, refusedBy: [] });
    this.#options.send(media, { type: 'assign', call });
  }

  /** Says something to the process that has the call; nothing once it is over. */
  tell(callId: string, message: Message): void {
    const live = this.#calls.get(callId);
    if (live !== undefined) this.#options.send(live.media, message);
  }

  callUp(callId: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#settle(live);
    live.origin.up();
  }

  /** A process that can't take the call after all is passed over; the next one is asked. */
  callRefused(callId: string, by: Address, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined || live.media !== by) return;
    this.#settle(live);
    live.refusedBy.push(by);
    const slot = this.#options.admission.reserve(live.refusedBy);
    if ('refused' in slot) {
      this.#end(live, true, reason);
      return;
    }
    live.media = slot.media;
    live.up = false;
    this.#options.send(live.media, { type: 'assign', call: live.call });
  }

  callEnded(callId: string, failed: boolean, reason: string): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#settle(live);
    this.#end(live, failed, reason);
  }

  /** Calls of a media process that died end here: nobody is left to speak to, so nobody is left on hold. */
  mediaGone(media: Address): void {
    for (const live of this.#calls.values()) {
      if (live.media === media) this.callEnded(live.call.callId, true, 'media process lost');
    }
  }

  #settle(live: LiveCall): void {
    if (!live.up) this.#options.admission.release(live.media);
    live.up = true;
  }

  #end({ call, origin }: LiveCall, failed: boolean, reason: string): void {
    this.#calls.delete(call.callId);
    origin.ended(failed, reason);
  }
}
