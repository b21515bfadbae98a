import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { fadeOut, RAMP_MS } from '../../pipeline/stages/playout.ts';

/** Frames that a line may hold back: two packets of 60 ms. */
const REMEMBERED_FRAMES = 12;

/** What went to the line last, so that a voice that is stopped there can end as it went on, without a click. */
export class SentFrames {
  /** Of each frame what it would fade out with. */
  readonly #starts: readonly Float32Array[];
  readonly #rampLength: number;
  #count = 0;

  constructor(rateHz: PipelineRateHz) {
    const rampLength = (rateHz * RAMP_MS) / 1000;
    this.#starts = Array.from({ length: REMEMBERED_FRAMES }, () => new Float32Array(rampLength));
    this.#rampLength = rampLength;
  }

  /** The next frame to go, before the line makes anything else of it. */
  keep(samples: Float32Array): void {
    const start = this.#starts[this.#count % REMEMBERED_FRAMES]!;
    for (let i = 0; i < start.length; i += 1) start[i] = samples[i]!;
    this.#count += 1;
  }

  /**
   * The last so many frames did not go after all: fills a frame to go in place of the first of them, which fades out. Says
   * how many of its samples are left of it.
   */
  takeBack(frames: number, into: Float32Array): number {
    into.fill(0);
    const isKnown = frames <= REMEMBERED_FRAMES && frames <= this.#count;
    this.#count = Math.max(0, this.#count - frames);
    if (!isKnown) return 0;
    into.set(this.#starts[this.#count % REMEMBERED_FRAMES]!);
    fadeOut(into, this.#rampLength, this.#rampLength);
    return this.#rampLength;
  }
}
