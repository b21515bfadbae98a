import type { KernelMemory, SlotKind } from './kernel_memory.ts';

export interface OpenSlot {
  /** Full of zeros, a multiple of 16. */
  readonly address: number;
  /** Safe to call twice. */
  readonly giveBack: () => void;
}

/** @throws RangeError when the memory has no slot of the kind left */
export function openSlot(memory: KernelMemory, kind: SlotKind): OpenSlot {
  const pool = memory.pool(kind);
  const address = pool.take();
  if (address === undefined) throw new RangeError(`the kernel memory has no ${kind} slot left`);
  let isOpen = true;
  return {
    address,
    giveBack: () => {
      if (isOpen) pool.giveBack(address);
      isOpen = false;
    },
  };
}
