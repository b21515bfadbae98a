import { callSlots } from './call_slots.ts';
import type { KernelMemory } from './kernels/kernel_memory.ts';
import { loadKernels } from './kernels/load.ts';
import { EchoDelaySearch } from './stages/echo_delay_search.ts';

/** What all calls of an audio thread share. */
export class SharedParts {
  readonly memory: KernelMemory;
  readonly echoDelays: EchoDelaySearch;

  private constructor(memory: KernelMemory) {
    this.memory = memory;
    this.echoDelays = new EchoDelaySearch(memory);
  }

  /**
   * For so many calls, and legs by RTP, the calls' own among them. The kernels are compiled into `folder` first if they
   * are not there.
   * @throws Error when they do not compile or the folder can't be written
   */
  static async load(folder: string, calls: number, legs: number): Promise<SharedParts> {
    return new SharedParts(await loadKernels(folder, callSlots(calls, legs)));
  }

  /** Work for all calls together, a little every 10 ms. */
  tick(): void {
    this.echoDelays.tick();
  }
}
