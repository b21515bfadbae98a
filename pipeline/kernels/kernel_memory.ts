import type { KernelExports } from './kernel_exports.ts';
import { SlotPool } from './slot_pool.ts';

const PAGE_BYTES = 65_536;
const ALIGN_BYTES = 16;

/** What a slot is for, and the kernels' word on how large it is. */
const SLOT_BYTES = {
  /** A leg's codecs and loss concealment. */
  leg: kernels => kernels.LEG_BYTES.value,
  /** Scratch of the search for an echo's delay: one for all calls. */
  delaySearch: kernels => kernels.DELAY_SEARCH_BYTES.value,
  /** A light noise suppressor. */
  denoise: kernels => kernels.DENOISE_BYTES.value,
  /** An echo canceller: filter, suppressor, and what was sent and heard during the last seconds. */
  echo: kernels => kernels.ECHO_BYTES.value,
  /** What follows an echo canceller in order to measure it. */
  echoShadow: kernels => kernels.ECHO_SHADOW_BYTES.value,
  /** Ten milliseconds of samples. */
  frame: kernels => kernels.FRAME_BYTES.value,
  /** One direction of a room's rate. */
  rate: kernels => kernels.RATE_BYTES.value,
  /** What voice activity knows of a call. */
  voice: kernels => kernels.VOICE_BYTES.value,
  /** Where windows of several calls are judged together. */
  voiceBatch: kernels => kernels.VOICE_BATCH_BYTES.value,
} as const satisfies Record<string, (kernels: KernelExports) => number>;

export type SlotKind = keyof typeof SLOT_BYTES;

/** How many slots of each kind there are to be; none where it is left out. */
export type SlotCounts = Readonly<Partial<Record<SlotKind, number>>>;

/** Numbers that kernels read, such as weights, by name. */
export type KernelTables = Readonly<Record<string, Float32Array>>;

const KINDS = Object.keys(SLOT_BYTES) as SlotKind[];

/**
 * One WebAssembly memory for all calls of a thread: tables that all share, and pools of equal slots. It never grows, so
 * that no view of it is ever detached.
 */
export class KernelMemory {
  readonly kernels: KernelExports;
  readonly buffer: ArrayBuffer;
  readonly #tables = new Map<string, number>();
  readonly #pools: Readonly<Record<SlotKind, SlotPool>>;

  /** @throws CompileError and its like when `compiled` does not hold the kernels */
  constructor(compiled: WebAssembly.Module, slots: SlotCounts, tables: KernelTables = {}) {
    // Their sizes are known only from the kernels themselves: a first, small instance tells them.
    const { kernels: sizes } = instantiate(compiled, 1);
    const counts = KINDS.map(kind => ({
      kind,
      slotBytes: SLOT_BYTES[kind](sizes),
      count: slots[kind] ?? 0,
    }));
    const first = aligned(sizes.FIRST_FREE.value);
    const tableBytes = Object.values(tables).reduce((sum, { byteLength }) => sum + aligned(byteLength), 0);
    const bytes = counts.reduce(
      (sum, { slotBytes, count }) => sum + SlotPool.bytesFor(slotBytes, count),
      first + tableBytes,
    );
    const { kernels, memory } = instantiate(compiled, Math.ceil(bytes / PAGE_BYTES));
    this.kernels = kernels;
    this.buffer = memory.buffer;
    let start = first;
    for (const [name, table] of Object.entries(tables)) {
      new Float32Array(memory.buffer, start, table.length).set(table);
      this.#tables.set(name, start);
      start += aligned(table.byteLength);
    }
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

  /**
   * The address of a table, a multiple of 16.
   * @throws RangeError when the memory was made without it
   */
  table(name: string): number {
    const address = this.#tables.get(name);
    if (address === undefined) throw new RangeError(`the kernel memory has no table ${name}`);
    return address;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
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
