import type { KernelExports } from './kernel_exports.ts';
import { SlotPool } from './slot_pool.ts';

const PAGE_BYTES = 65_536;
const ALIGN_BYTES = 16;

/** What a slot is for, and the kernels' word on how large it is. */
const SLOT_BYTES = {
  /** A leg's codecs and loss concealment. */
  leg: kernels => kernels.LEG_BYTES.value,
  /** Ten milliseconds of samples. */
  frame: kernels => kernels.FRAME_BYTES.value,
} as const satisfies Record<string, (kernels: KernelExports) => number>;

export type SlotKind = keyof typeof SLOT_BYTES;

/** How many slots of each kind there are to be; none where it is left out. */
export type SlotCounts = Readonly<Partial<Record<SlotKind, number>>>;

const KINDS = Object.keys(SLOT_BYTES) as SlotKind[];

/**
 * One WebAssembly memory for all calls of a thread, cut into pools of equal slots. It never grows, so that no view of it
 * is ever detached.
 */
export class KernelMemory {
  readonly kernels: KernelExports;
  readonly buffer: ArrayBuffer;
  readonly #pools: Readonly<Record<SlotKind, SlotPool>>;

  /** @throws CompileError and its like when `compiled` does not hold the kernels */
  constructor(compiled: WebAssembly.Module, slots: SlotCounts) {
    // Their sizes are known only from the kernels themselves: a first, small instance tells them.
    const { kernels: sizes } = instantiate(compiled, 1);
    const counts = KINDS.map(kind => ({
      kind,
      slotBytes: SLOT_BYTES[kind](sizes),
      count: slots[kind] ?? 0,
    }));
    const first = Math.ceil(sizes.FIRST_FREE.value / ALIGN_BYTES) * ALIGN_BYTES;
    const bytes = counts.reduce(
      (sum, { slotBytes, count }) => sum + SlotPool.bytesFor(slotBytes, count),
      first,
    );
    const { kernels, memory } = instantiate(compiled, Math.ceil(bytes / PAGE_BYTES));
    this.kernels = kernels;
    this.buffer = memory.buffer;
    let start = first;
    const pools = counts.map(({ kind, slotBytes, count }) => {
      const pool = new SlotPool(memory.buffer, start, slotBytes, count);
      start += SlotPool.bytesFor(slotBytes, count);
      return [kind, pool];
    });
    this.#pools = Object.fromEntries(pools) as Record<SlotKind, SlotPool>;
  }

  pool(kind: SlotKind): SlotPool {
    return this.#pools[kind];
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
