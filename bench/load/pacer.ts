import { PACKET_MS } from '../wire/rtp_sender.ts';
import { Histogram } from './histogram.ts';

/** Something that sends a packet every `PACKET_MS`. Must not throw. */
export interface Paced {
  /** The packet of `dueMs` is due; what is sent late keeps its place in the stream. */
  tick(dueMs: number, nowMs: number): void;
  /** So many packets could not be caught up with. */
  skip(packets: number): void;
}

const SLOT_MS = 2;
const SLOTS = PACKET_MS / SLOT_MS;
/** After a longer stall packets are skipped: a phone that sent them all at once would flood its far end. */
const MAX_CATCH_UP_MS = 200;

/**
 * One wheel for all calls: each has its slot of 2 ms in every 20 ms, so that hundreds of calls send evenly, by the
 * monotonic clock and without drift. Keeps how late each packet was: a generator that is late itself measures nothing.
 */
export class Pacer {
  /** Of every packet, in milliseconds. */
  readonly lateness = new Histogram();
  readonly #slots: Set<Paced>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #everySlot: (nowMs: number) => void;
  #skipped = 0;
  #slot = 0;
  #nextMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `everySlot` is called each 2 ms, after the packets. */
  constructor(everySlot: (nowMs: number) => void) {
    this.#everySlot = everySlot;
  }

  /** Slots of 2 ms that were given up after stalls. */
  get skippedSlots(): number {
    return this.#skipped;
  }

  add(paced: Paced): void {
    const emptiest = this.#slots.reduce((least, slot) => (slot.size < least.size ? slot : least));
    emptiest.add(paced);
  }

  remove(paced: Paced): void {
    for (const slot of this.#slots) slot.delete(paced);
  }

  start(): void {
    this.#nextMs = performance.now();
    this.#turn();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #turn = (): void => {
    const nowMs = performance.now();
    if (nowMs - this.#nextMs > MAX_CATCH_UP_MS) this.#skip(Math.floor((nowMs - this.#nextMs) / PACKET_MS));
    while (this.#nextMs <= nowMs) {
      for (const paced of this.#slots[this.#slot]!) {
        const sendMs = performance.now();
        this.lateness.add(sendMs - this.#nextMs);
        paced.tick(this.#nextMs, sendMs);
      }
      this.#slot = (this.#slot + 1) % SLOTS;
      this.#nextMs += SLOT_MS;
    }
    this.#everySlot(nowMs);
    this.#timer = setTimeout(this.#turn, Math.max(0, this.#nextMs - performance.now()));
  };

  #skip(packets: number): void {
    this.#skipped += packets * SLOTS;
    this.#nextMs += packets * PACKET_MS;
    for (const slot of this.#slots) {
      for (const paced of slot) paced.skip(packets);
    }
  }
}
