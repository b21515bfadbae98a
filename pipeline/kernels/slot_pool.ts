const GUARD_BYTES = 16;
/** Four of these lie between any two slots; what runs over the end of a slot spoils them. */
const GUARD_WORD = 0x6d_a7_c0_de;

/**
 * Equal slots in a stretch of the kernel memory, with guard words between. A slot is handed out full of zeros and made so
 * again when it comes back; one whose guards were overwritten is never handed out again.
 */
export class SlotPool {
  readonly slotBytes: number;
  readonly #buffer: ArrayBuffer;
  readonly #guards: Int32Array;
  readonly #free: number[] = [];
  #broken = 0;

  /** @param start where the pool may begin, in bytes; a multiple of 16 */
  constructor(buffer: ArrayBuffer, start: number, slotBytes: number, slots: number) {
    this.slotBytes = slotBytes;
    this.#buffer = buffer;
    this.#guards = new Int32Array(buffer);
    this.#setGuard(start);
    const stride = strideOf(slotBytes);
    for (let slot = start + GUARD_BYTES; this.#free.length < slots; slot += stride) {
      this.#setGuard(slot + stride - GUARD_BYTES);
      this.#free.push(slot);
    }
    this.#free.reverse();
  }

  /** Bytes that a pool takes up. */
  static bytesFor(slotBytes: number, slots: number): number {
    return GUARD_BYTES + slots * strideOf(slotBytes);
  }

  get freeSlots(): number {
    return this.#free.length;
  }

  /** Slots that were taken out of use because something had written beside one. */
  get brokenSlots(): number {
    return this.#broken;
  }

  /** The address of a slot full of zeros, a multiple of 16; undefined when all are taken. */
  take(): number | undefined {
    return this.#free.pop();
  }

  giveBack(slot: number): void {
    const whole =
      this.#guardHolds(slot - GUARD_BYTES) && this.#guardHolds(slot + strideOf(this.slotBytes) - GUARD_BYTES);
    new Uint8Array(this.#buffer, slot, this.slotBytes).fill(0);
    if (whole) this.#free.push(slot);
    else this.#broken += 1;
  }

  #setGuard(address: number): void {
    this.#guards.fill(GUARD_WORD, address / 4, (address + GUARD_BYTES) / 4);
  }

  #guardHolds(address: number): boolean {
    return this.#guards.subarray(address / 4, (address + GUARD_BYTES) / 4).every(word => word === GUARD_WORD);
  }
}

/** From one slot's start to the next one's. */
function strideOf(slotBytes: number): number {
  return Math.ceil(slotBytes / GUARD_BYTES) * GUARD_BYTES + GUARD_BYTES;
}
