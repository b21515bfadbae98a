import type { PipelineRateHz } from '../../pipeline/frame.ts';

const DOORBELL = 0;
const DISMISSED = 1;
const FIRST_SLOT = 2;
/** Each slot has two words: the call on it as the audio thread says, and as the VAD thread has last seen. */
const SAID = 0;
const SEEN = 1;
const SLOT_WORDS = 2;
/** A call's word: its number in the upper bits, its rate in kHz in the lower ones; 0 when there is none. */
const RATE_BITS = 8;
const EPOCH_MASK = 0x3fffff;

/** A call on a slot; another call has another epoch. */
export interface SlotOccupant {
  readonly epoch: number;
  readonly rateHz: PipelineRateHz;
}

/**
 * How the audio thread directs the VAD thread, in shared memory: a doorbell that wakes it, and what call is on which
 * slot. The VAD thread confirms what it has seen, so that a slot is not used again while it still reads there.
 */
export class VadBoard {
  readonly #words: Int32Array;
  readonly slots: number;
  #epochs = 0;

  /** `memory` comes from `VadBoard.allocate`. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.slots = (this.#words.length - FIRST_SLOT) / SLOT_WORDS;
  }

  static allocate(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer((FIRST_SLOT + slots * SLOT_WORDS) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Audio thread: a call begins on the slot, whose rings are clear. */
  occupy(slot: number, rateHz: PipelineRateHz): void {
    this.#epochs = (this.#epochs + 1) & EPOCH_MASK;
    Atomics.store(this.#words, at(slot, SAID), ((this.#epochs + 1) << RATE_BITS) | (rateHz / 1000));
  }

  /** Audio thread: the call is over. */
  vacate(slot: number): void {
    Atomics.store(this.#words, at(slot, SAID), 0);
    this.ring();
  }

  /** Audio thread: nobody reads the slot's ring any more. */
  isVacant(slot: number): boolean {
    return Atomics.load(this.#words, at(slot, SAID)) === 0 && Atomics.load(this.#words, at(slot, SEEN)) === 0;
  }

  /** Audio thread: there are new samples. */
  ring(): void {
    Atomics.add(this.#words, DOORBELL, 1);
    Atomics.notify(this.#words, DOORBELL);
  }

  /** Audio thread: the VAD thread shall end. */
  dismiss(): void {
    Atomics.store(this.#words, DISMISSED, 1);
    this.ring();
  }

  get isDismissed(): boolean {
    return Atomics.load(this.#words, DISMISSED) === 1;
  }

  /** VAD thread: who is on the slot, which is confirmed thereby. */
  look(slot: number): SlotOccupant | undefined {
    const word = Atomics.load(this.#words, at(slot, SAID));
    Atomics.store(this.#words, at(slot, SEEN), word);
    if (word === 0) return undefined;
    const rateKhz = word & ((1 << RATE_BITS) - 1);
    return { epoch: word >> RATE_BITS, rateHz: rateKhz === 8 ? 8000 : 16000 };
  }

  /** VAD thread: how often the doorbell has rung; `sleep` wants it. */
  get rings(): number {
    return Atomics.load(this.#words, DOORBELL);
  }

  /** VAD thread: blocks until the doorbell rings after the `seen`th time, or for `timeoutMs`. */
  sleep(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#words, DOORBELL, seen, timeoutMs);
  }
}

function at(slot: number, word: typeof SAID | typeof SEEN): number {
  return FIRST_SLOT + slot * SLOT_WORDS + word;
}
