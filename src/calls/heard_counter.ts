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

  /** The line threw away the last so many frames that were pushed; says how much speech the first of them had. */
  flushed(flushedFrames: number): number {
    const frames = Math.min(flushedFrames, this.#frames, REMEMBERED_FRAMES);
    let first = 0;
    for (let back = 1; back <= frames; back += 1) {
      const index = (this.#frames - back) % REMEMBERED_FRAMES;
      first = this.#perFrame[index]!;
      this.#heard -= first;
      this.#perFrame[index] = 0;
    }
    this.#frames -= frames;
    return first;
  }
}
