import type { Alarm, Clock } from '../../sip/clock.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Address, LegEnding, LegOrder, Message } from '../ipc/messages.ts';
import { trunkStreamOf } from '../lines/trunk_stream.ts';

export interface LegLineParts {
  readonly callId: string;
  /** The process that has the call. */
  readonly media: Address;
  readonly order: LegOrder;
  readonly clock: Clock;
  send(to: Address, message: Message): void;
}

/** A leg's line in the media process that has the call, as the edge works it. */
export class LegLine {
  /** Resolves when it can be heard on; rejects with LINE_FAILED. */
  readonly opened: Promise<void>;
  readonly #parts: LegLineParts;
  readonly #patience: Alarm;
  readonly #opening = Promise.withResolvers<void>();
  #hasStream = false;
  #isOpen = true;

  /** Asks for it. */
  constructor(parts: LegLineParts) {
    const { callId, clock, order } = parts;
    this.#parts = parts;
    this.opened = this.#opening.promise;
    // Whoever waits for it hears; nobody may wait yet.
    this.opened.catch(() => undefined);
    this.#patience = clock.after(LIMITS.lineReadyMs, () => this.closed());
    this.#tell({ type: 'openLeg', callId, leg: order });
  }

  get legId(): string {
    return this.#parts.order.legId;
  }

  get callId(): string {
    return this.#parts.callId;
  }

  get media(): Address {
    return this.#parts.media;
  }

  /** False once it has been given up, by whichever side. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The media process has its ports. */
  ready(): void {
    this.#patience.cancel();
    this.#opening.resolve();
  }

  /** The media process has none any more, or never had. */
  closed(): void {
    this.#isOpen = false;
    this.#fail();
  }

  /** What the ends agreed on, before the answer or after it. */
  agreed(audio: AudioStream): void {
    const type = this.#hasStream ? 'lineChanged' : 'lineAnswered';
    this.#hasStream = true;
    this.#tell({ type, callId: this.legId, stream: trunkStreamOf(audio) });
  }

  key(key: string, durationMs: number): void {
    this.#tell({ type: 'lineKey', callId: this.legId, key, durationMs });
  }

  /** Whoever was called has answered. */
  answered(): void {
    this.#tell({ type: 'legUp', callId: this.callId, legId: this.legId });
  }

  /** The leg is over. */
  gone(ending: LegEnding): void {
    this.#tell({ type: 'legGone', callId: this.callId, legId: this.legId, ending });
  }

  #fail(): void {
    this.#patience.cancel();
    this.#opening.reject(new TrunklineError('LINE_FAILED', 'the media process has not opened the leg'));
  }

  #tell(message: Message): void {
    this.#parts.send(this.#parts.media, message);
  }
}
