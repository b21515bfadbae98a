import { RTP_LIMITS } from './limits.ts';

/** Something whose packet of this tick is ready. */
export interface Outgoing {
  sendNow(): void;
}

/** Parts of a tick in which packets go out, the last of them before the next tick. */
const SLICES = 5;
const SLICE_MS = 2;

/**
 * Spreads the packets of a tick over the time until the next, so that hundreds of calls do not burst onto the wire at
 * once. Each is sent in the order in which it was added, and all of a tick before those of the next.
 */
export class SendSpread {
  readonly #waiting: (Outgoing | undefined)[] = Array.from({ length: RTP_LIMITS.spreadPackets });
  #first = 0;
  #count = 0;
  #slicesLeft = 0;
  #timer: NodeJS.Timeout | undefined;

  get waiting(): number {
    return this.#count;
  }

  /** Begins a tick: what the one before left over goes out first. */
  startTick(): void {
    this.#sendSome(this.#count);
    this.#slicesLeft = SLICES;
  }

  add(outgoing: Outgoing): void {
    if (this.#count === this.#waiting.length) {
      this.#sendSome(this.#count);
    }
    this.#waiting[(this.#first + this.#count) % this.#waiting.length] = outgoing;
    this.#count += 1;
  }

  /** Sends this part of the tick's packets; to be called every 2 ms. */
  sendSlice(): void {
    if (this.#count === 0) return;
    this.#sendSome(Math.ceil(this.#count / Math.max(1, this.#slicesLeft)));
    this.#slicesLeft -= 1;
  }

  /** Sends slices by a timer until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => this.sendSlice(), SLICE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sendSome(this.#count);
  }

  #sendSome(packets: number): void {
    for (let i = 0; i < packets; i += 1) {
      const outgoing = this.#waiting[this.#first];
      this.#waiting[this.#first] = undefined;
      this.#first = (this.#first + 1) % this.#waiting.length;
      this.#count -= 1;
      outgoing?.sendNow();
    }
  }
}
