import { FRAME_MS } from '../../pipeline/frame.ts';

/** Frames that a line may hold back; older ones are on the wire for good. */
const REMEMBERED_FRAMES = 64;

/** Counts the agent's samples that the far end hears: those sent to the line less those flushed from it. */
export class HeardCounter {
  readonly #perFrame = new Uint16Array(REMEMBERED_FRAMES);
  #frames = 0;
  #heard = 0;

  get heardSamples(): number {
    return this.#heard;
  }

  /** A frame with so many samples of speech was pushed. */
  pushed(speechSamples: number): void {
    this.#perFrame[this.#frames % REMEMBERED_FRAMES] = speechSamples;
    this.#frames += 1;
    this.#heard += speechSamples;
  }

  /** The line threw away the last so many milliseconds that were pushed. */
  flushed(flushedMs: number): void {
    const frames = Math.min(Math.ceil(flushedMs / FRAME_MS), this.#frames, REMEMBERED_FRAMES);
    for (let back = 1; back <= frames; back += 1) {
      const index = (this.#frames - back) % REMEMBERED_FRAMES;
      this.#heard -= this.#perFrame[index]!;
      this.#perFrame[index] = 0;
    }
  }
}
