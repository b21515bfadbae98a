import { callSlots } from './call_slots.ts';
import type { KernelMemory } from './kernels/kernel_memory.ts';
import { loadKernels } from './kernels/load.ts';
import { loadVoiceTables } from './kernels/voice_table.ts';
import { EchoDelaySearch } from './stages/echo_delay_search.ts';
import type { StrongPorts } from './stages/strong_suppressor.ts';
import type { VoiceDetector } from './stages/voice_detector.ts';
import { Rnnoise } from './strong/rnnoise.ts';
import { VoiceJudge } from './voice_judge.ts';

/** What all calls of an audio thread share. */
export class SharedParts {
  readonly memory: KernelMemory;
  readonly echoDelays: EchoDelaySearch;
  /** For calls that want the strong noise suppression. */
  readonly strong: StrongPorts;
  readonly #judge: VoiceJudge;

  private constructor(memory: KernelMemory, strong: StrongPorts) {
    this.memory = memory;
    this.strong = strong;
    this.echoDelays = new EchoDelaySearch(memory);
    this.#judge = new VoiceJudge(memory);
  }

  /**
   * For so many calls, and legs by RTP, the calls' own among them. The kernels are compiled into `folder` first if they
   * are not there. `hasHeadroom` says whether the thread can afford what is dear; always when left out.
   * @throws ModelError when the weights of a network are missing or altered; Error when the kernels do not compile or the
   * folder can't be written
   */
  static async load(
    folder: string,
    calls: number,
    legs: number,
    hasHeadroom: () => boolean = () => true,
  ): Promise<SharedParts> {
    const memory = await loadKernels(folder, callSlots(calls, legs), loadVoiceTables());
    const network = await Rnnoise.load();
    return new SharedParts(memory, { network: () => network, hasHeadroom });
  }

  /** Work for all calls together, every 10 ms: after all have heard, before any of them speaks. */
  tick(voices: readonly VoiceDetector[]): void {
    this.#judge.judge(voices);
    this.echoDelays.tick();
  }
}
