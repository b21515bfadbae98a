import type { PipelineRateHz } from '../../pipeline/frame.ts';

/** So much of a call is kept: a word that is noticed late, and what came before it. */
export const PRE_ROLL_MS = 2000;
/** What the recogniser is given before the onset, since quiet consonants come before what is noticed. */
const LEAD_MS = 500;

/** The last moments of the caller's audio, since speech is noticed after it began. */
export class PreRoll {
  readonly #samples: Int16Array;
  readonly #rateHz: PipelineRateHz;
  #write = 0;
  #held = 0;
  #endMs = 0;

  constructor(rateHz: PipelineRateHz, capacityMs: number) {
    this.#samples = new Int16Array((capacityMs * rateHz) / 1000);
    this.#rateHz = rateHz;
  }

  /** Takes samples whose last one was heard at media time `endMs`. */
  push(pcm: Int16Array, endMs: number): void {
    const size = this.#samples.length;
    const kept = pcm.length > size ? pcm.subarray(pcm.length - size) : pcm;
    const head = size - this.#write;
    // Views would be garbage for every call and pump.
    if (kept.length <= head) this.#samples.set(kept, this.#write);
    else {
      this.#samples.set(kept.subarray(0, head), this.#write);
      this.#samples.set(kept.subarray(head), 0);
    }
    this.#write = (this.#write + kept.length) % size;
    this.#held = Math.min(size, this.#held + kept.length);
    this.#endMs = endMs;
  }

  /** What was heard from media time `sinceMs` on, as far as it is still held. */
  since(sinceMs: number): Int16Array {
    const wanted = Math.ceil((Math.max(0, this.#endMs - sinceMs) * this.#rateHz) / 1000);
    const length = Math.min(this.#held, wanted);
    const size = this.#samples.length;
    const start = (this.#write - length + size) % size;
    const copy = new Int16Array(length);
    const head = Math.min(length, size - start);
    copy.set(this.#samples.subarray(start, start + head), 0);
    copy.set(this.#samples.subarray(0, length - head), head);
    return copy;
  }

  /** What was heard of a turn that began at media time `onsetMs`, and a little before it. */
  fromOnset(onsetMs: number): Int16Array {
    return this.since(onsetMs - LEAD_MS);
  }

  /** What came so far belongs to a turn that was answered. */
  clear(): void {
    this.#held = 0;
  }
}
