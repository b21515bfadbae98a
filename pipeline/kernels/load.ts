import { readFile } from 'node:fs/promises';
import { provideKernels } from './build.ts';
import { KernelMemory, type KernelTables, type SlotCounts } from './kernel_memory.ts';

/**
 * A memory of so many `slots` and these `tables` with the kernels in it, which are compiled into `folder` first if they
 * are not there.
 * @throws Error when they do not compile or the folder can't be written
 */
export async function loadKernels(
  folder: string,
  slots: SlotCounts,
  tables: KernelTables = {},
): Promise<KernelMemory> {
  const bytes = await readFile(await provideKernels(folder));
  return new KernelMemory(await WebAssembly.compile(bytes), slots, tables);
}
