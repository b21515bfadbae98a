import { frameLength, type PipelineRateHz } from './frame.ts';
import type { SampleSink } from './ports.ts';

/** Keeps the newest frame as it was at one place of a chain. */
export class KeptFrame implements SampleSink {
  readonly samples: Float32Array;

  constructor(rateHz: PipelineRateHz) {
    this.samples = new Float32Array(frameLength(rateHz));
  }

  write(samples: Float32Array): void {
    this.samples.set(samples);
  }
}
