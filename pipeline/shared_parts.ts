import { callSlots } from './call_slots.ts';
import type { KernelMemory } from './kernels/kernel_memory.ts';
import { loadKernels } from './kernels/load.ts';
import { loadVoiceTables } from './kernels/voice_table.ts';
import { EchoDelaySearch } from './stages/echo_delay_search.ts';
import type { VoiceDetector } from './stages/voice_detector.ts';
import { VoiceJudge } from './voice_judge.ts';

/** What all calls of an audio thread share. */
export class SharedParts {
  readonly memory: KernelMemory;
  readonly echoDelays: EchoDelaySearch;
  readonly #judge: VoiceJudge;

  private constructor(memory: KernelMemory) {
    this.memory = memory;
    this.echoDelays = new EchoDelaySearch(memory);
    this.#judge = new VoiceJudge(memory);
  }

  /**
   * For so many calls, and legs by RTP, the calls' own among them. The kernels are compiled into `folder` first if they
   * are not there.
   * @throws ModelError when the weights of the voice detector are missing or altered; Error when the kernels do not compile
   * or the folder can't be written
   */
  static async load(folder: string, calls: number, legs: number): Promise<SharedParts> {
    return new SharedParts(await loadKernels(folder, callSlots(calls, legs), loadVoiceTables()));
  }

  /** Work for all calls together, every 10 ms: after all have heard, before any of them speaks. */
  tick(voices: readonly VoiceDetector[]): void {
    this.#judge.judge(voices);
    this.echoDelays.tick();
  }
}
