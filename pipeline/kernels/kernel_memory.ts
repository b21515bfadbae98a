import type { KernelExports } from './kernel_exports.ts';

const PAGE_BYTES = 65_536;
const GUARD_BYTES = 16;
/** Four of these lie between any two slots; what runs over the end of a slot spoils them. */
const GUARD_WORD = 0x6d_a7_c0_de;

/**
 * One WebAssembly memory for the legs of a thread, cut into equal slots with guard words between. It never grows, so
 * that no view of it is ever detached. A slot is handed out full of zeros and made so again when it comes back; one
 * whose guards were overwritten is never handed out again.
 */
export class KernelMemory {
  readonly kernels: KernelExports;
  readonly buffer: ArrayBuffer;
  readonly slotBytes: number;
  readonly #guards: Int32Array;
  readonly #free: number[] = [];
  #broken = 0;

  /** @throws CompileError and its like when `compiled` does not hold the kernels */
  constructor(compiled: WebAssembly.Module, slots: number) {
    // Their size is known only from the kernels themselves: a first, small instance tells it.
    const { SLOT_BYTES, FIRST_FREE } = instantiate(compiled, 1).kernels;
    this.slotBytes = SLOT_BYTES.value;
    const stride = this.slotBytes + GUARD_BYTES;
    const first = Math.ceil(FIRST_FREE.value / GUARD_BYTES) * GUARD_BYTES;
    const pages = Math.ceil((first + GUARD_BYTES + slots * stride) / PAGE_BYTES);
    const { kernels, memory } = instantiate(compiled, pages);
    this.kernels = kernels;
    this.buffer = memory.buffer;
    this.#guards = new Int32Array(memory.buffer);
    this.#setGuard(first);
    for (let slot = first + GUARD_BYTES; this.#free.length < slots; slot += stride) {
      this.#setGuard(slot + this.slotBytes);
      this.#free.push(slot);
    }
    this.#free.reverse();
  }

  get freeSlots(): number {
    return this.#free.length;
  }

  /** Slots that were taken out of use because something had written beside one. */
  get brokenSlots(): number {
    return this.#broken;
  }

  /** The address of a slot full of zeros; undefined when all are taken. */
  take(): number | undefined {
    return this.#free.pop();
  }

  giveBack(slot: number): void {
    const whole = this.#guardHolds(slot - GUARD_BYTES) && this.#guardHolds(slot + this.slotBytes);
    new Uint8Array(this.buffer, slot, this.slotBytes).fill(0);
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

function instantiate(
  compiled: WebAssembly.Module,
  pages: number,
): { kernels: KernelExports; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const env = { memory };
  const { exports } = new WebAssembly.Instance(compiled, { env });
  return { kernels: exports as unknown as KernelExports, memory };
}
