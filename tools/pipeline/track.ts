import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { LevelHistogram, type Levels } from './level_histogram.ts';
import { Spectrogram } from './spectrogram.ts';

/** A sound on its way into the picture. */
export class Track {
  readonly spectrogram: Spectrogram;
  /** Of each frame, in dB of full scale. */
  readonly levelsDb: number[] = [];
  readonly #histogram = new LevelHistogram();

  constructor(rateHz: PipelineRateHz, columnMs: number) {
    this.spectrogram = new Spectrogram(rateHz, columnMs);
  }

  take(samples: Float32Array): void {
    this.levelsDb.push(this.#histogram.take(samples));
    this.spectrogram.take(samples);
  }

  end(): void {
    this.spectrogram.end();
  }

  /** Of the newest frame. */
  get levelDb(): number {
    return this.levelsDb.at(-1) ?? -Infinity;
  }

  get levels(): Levels {
    return this.#histogram.levels;
  }
}
