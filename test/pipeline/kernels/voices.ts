import type { SileroVersion } from '../../../models/silero.ts';
import type { PipelineRateHz } from '../../../pipeline/frame.ts';
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

  /** One frame for one voice. */
  hear(detector: VoiceDetector, samples: Float32Array): void {
    const frame = this.#frames[detector.rateHz];
    frame.samples.fill(0);
    frame.samples.set(samples);
    detector.process(frame);
  }

  /** Sounds of any length and rate, each for its own detector, all at once; the probabilities of each, in order. */
  follow(voices: readonly { detector: VoiceDetector; samples: Float32Array }[]): number[][] {
    const told = voices.map((): number[] => []);
    const detectors = voices.map(({ detector }) => detector);
    const ticks = Math.max(
      ...voices.map(({ detector, samples }) => samples.length / (detector.rateHz / 100)),
    );
    for (let tick = 0; tick < Math.floor(ticks); tick += 1) {
      const before = detectors.map(({ windows }) => windows);
      for (const { detector, samples } of voices) {
        const length = detector.rateHz / 100;
        const frame = samples.subarray(tick * length, (tick + 1) * length);
        if (frame.length === length) this.hear(detector, frame);
      }
      this.judge.judge(detectors);
      for (const [i, { windows, probability }] of detectors.entries()) {
        if (windows > before[i]!) told[i]!.push(probability);
      }
    }
    return told;
  }
}
