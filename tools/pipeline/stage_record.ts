import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { type CostUs, FrameCost } from './frame_cost.ts';
import { LevelHistogram, type Levels } from './level_histogram.ts';
import { WavWriter } from './wav_writer.ts';

/** What became of the sound in one stage. */
export interface StageReport {
  readonly name: string;
  readonly delayMs: number;
  /** False where the stage let everything pass as it was. */
  readonly changes: boolean;
  /** The sound behind the stage: the file of an earlier one, where this stage changed nothing. */
  readonly file: string;
  readonly levels: Levels;
  readonly costUs: CostUs;
}

/** One stage of a chain, with an eye on what leaves it. */
export class StageRecord {
  readonly #stage: Stage;
  readonly #cost = new FrameCost();
  readonly #levels = new LevelHistogram();
  readonly #writer: WavWriter;
  readonly #file: string;
  readonly #before: Float32Array;
  #changes = false;

  /** @throws InputError when the stage's file can't be written */
  constructor(stage: Stage, place: number, folder: string, rateHz: PipelineRateHz) {
    this.#stage = stage;
    this.#file = `${String(place).padStart(2, '0')}-${stage.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.wav`;
    this.#writer = new WavWriter(join(folder, this.#file), rateHz);
    this.#before = new Float32Array(rateHz / 100);
  }

  process(frame: KernelFrame): void {
    const { samples } = frame;
    this.#before.set(samples);
    this.#cost.time(() => this.#stage.process(frame));
    this.#changes ||= samples.some((sample, i) => !Object.is(sample, this.#before[i]));
    this.#levels.take(samples);
    this.#writer.write(samples);
  }

  /** Nothing is processed afterwards; `fileBefore` has the sound in front of the stage. */
  end(fileBefore: string): StageReport {
    this.#writer.close();
    if (!this.#changes) rmSync(this.#writer.path);
    const { name, delayMs = 0 } = this.#stage;
    return {
      name,
      delayMs,
      changes: this.#changes,
      file: this.#changes ? this.#file : fileBefore,
      levels: this.#levels.levels,
      costUs: this.#cost.costUs,
    };
  }
}
