import { callSlots } from '../../../pipeline/call_slots.ts';
import type { KernelMemory } from '../../../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { KERNEL_FOLDER } from './legs.ts';

/** Room for so many calls, and legs by RTP. */
export function callKernels(calls: number, legs = calls): Promise<KernelMemory> {
  return loadKernels(KERNEL_FOLDER, callSlots(calls, legs));
}
