import { readFile } from 'node:fs/promises';
import { provideKernels } from './build.ts';
import { KernelMemory } from './kernel_memory.ts';

/**
 * A memory of `slots` legs with the kernels in it, which are compiled into `folder` first if they are not there.
 * @throws Error when they do not compile or the folder can't be written
 */
export async function loadKernels(folder: string, slots: number): Promise<KernelMemory> {
  const bytes = await readFile(await provideKernels(folder));
  return new KernelMemory(await WebAssembly.compile(bytes), slots);
}
