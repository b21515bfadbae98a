/** Length of every frame on the audio path, in milliseconds. */
export const FRAME_MS = 10;

/** The rates at which the pipeline runs; 48 kHz exists only at the edge of a room line. */
export type PipelineRateHz = 8000 | 16000;

/**
 * Ten milliseconds of one leg, mono. A frame is a reusable buffer: its owner fills it anew every tick,
 * nobody keeps a reference past the call that handed it over.
 */
export interface Frame {
  /** rateHz / 100 samples, full scale ±1.0. */
  readonly samples: Float32Array;
  readonly rateHz: PipelineRateHz;
  /** Counts ticks since the line was opened. */
  sequence: number;
  /** Media time of the first sample, in samples at rateHz since answer. */
  mediaTime: number;
  /** True when the line had nothing to give and made the samples up. */
  concealed: boolean;
  /** How long the line held the samples back against jitter, in milliseconds; 0 on the agent's leg. */
  heldBackMs: number;
}

export function frameLength(rateHz: PipelineRateHz): number {
  return (rateHz * FRAME_MS) / 1000;
}

export function createFrame(rateHz: PipelineRateHz): Frame {
  return {
    samples: new Float32Array(frameLength(rateHz)),
    rateHz,
    sequence: 0,
    mediaTime: 0,
    concealed: false,
    heldBackMs: 0,
  };
}
