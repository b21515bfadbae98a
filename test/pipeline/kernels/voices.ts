import type { SileroVersion } from '../../../models/silero.ts';
import { frameLength, type PipelineRateHz } from '../../../pipeline/frame.ts';
import { KernelFrame } from '../../../pipeline/kernels/kernel_frame.ts';
import type { KernelMemory } from '../../../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { loadVoiceTables } from '../../../pipeline/kernels/voice_table.ts';
import { VoiceDetector } from '../../../pipeline/stages/voice_detector.ts';
import { VOICE_BATCHES, VoiceJudge } from '../../../pipeline/voice_judge.ts';
import { KERNEL_FOLDER } from './legs.ts';

const tables = loadVoiceTables();

/** Room for so many voices, a judge of them and a frame for each rate. */
export function voiceMemory(voices: number): Promise<KernelMemory> {
  return loadKernels(KERNEL_FOLDER, { voice: voices, voiceBatch: VOICE_BATCHES, frame: 2 }, tables);
}

export interface Voice {
  readonly detector: VoiceDetector;
  readonly samples: Float32Array;
}

/** Voices that hear frame by frame, and are judged after each. */
export class VoiceRig {
  readonly memory: KernelMemory;
  readonly judge: VoiceJudge;
  readonly #frames: Readonly<Record<PipelineRateHz, KernelFrame>>;

  constructor(memory: KernelMemory) {
    this.memory = memory;
    this.judge = new VoiceJudge(memory);
    this.#frames = { 8000: new KernelFrame(memory, 8000), 16000: new KernelFrame(memory, 16_000) };
  }

  open(rateHz: PipelineRateHz, model: SileroVersion = 'v5'): VoiceDetector {
    return new VoiceDetector(this.memory, rateHz, { model });
  }

  /** One frame for one voice, filled up with silence; what the frame holds afterwards. */
  hear(detector: VoiceDetector, samples: Float32Array): Float32Array {
    const frame = this.#frames[detector.rateHz];
    frame.samples.fill(0);
    frame.samples.set(samples);
    detector.process(frame);
    return frame.samples.slice();
  }

  /**
   * Each voice hears its sound from its start on, all at the same time, and silence behind it until the last one is
   * over; what each was told of its windows, in order.
   */
  follow(voices: readonly Voice[]): number[][] {
    const told = voices.map((): number[] => []);
    const detectors = voices.map(({ detector }) => detector);
    const ticks = Math.max(...voices.map(ticksOf));
    for (let tick = 0; tick < ticks; tick += 1) {
      const before = detectors.map(({ windows }) => windows);
      for (const { detector, samples } of voices) {
        const length = frameLength(detector.rateHz);
        this.hear(detector, samples.subarray(tick * length, (tick + 1) * length));
      }
      this.judge.judge(detectors);
      for (const [i, { windows, probability }] of detectors.entries()) {
        if (windows > before[i]!) told[i]!.push(probability);
      }
    }
    return told.map((probabilities, i) => probabilities.slice(0, windowsIn(voices[i]!)));
  }

  /** What one voice alone is told. */
  hearOut(rateHz: PipelineRateHz, version: SileroVersion, samples: Float32Array): number[] {
    const detector = this.open(rateHz, version);
    const [told] = this.follow([{ detector, samples }]);
    detector.close();
    return told!;
  }

  close(): void {
    this.judge.close();
    this.#frames[8000].close();
    this.#frames[16_000].close();
  }
}

/** With two more in the end, for windows that have to wait. */
function ticksOf({ detector, samples }: Voice): number {
  return Math.ceil(samples.length / frameLength(detector.rateHz)) + 2;
}

/** Whole windows of a sound. */
function windowsIn({ detector, samples }: Voice): number {
  return Math.floor(samples.length / (3.2 * frameLength(detector.rateHz)));
}
