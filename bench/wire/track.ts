/** A track holds no more than this; what comes later is not kept. */
const MAX_TRACK_MS = 60 * 60_000;
/** Sound may move against the clock by this much before it is moved back: less would be heard as clicks. */
const SLACK_MS = 3;

/** One side of a call as it was on the wire: samples at their places, silence where nothing came. */
export class Track {
  readonly rateHz: number;
  #pcm: Int16Array;
  #length = 0;

  constructor(rateHz: number) {
    this.rateHz = rateHz;
    this.#pcm = new Int16Array(rateHz * 60);
  }

  /** Puts samples at their time; what would lie before time zero or over earlier samples is left out. */
  write(pcm: Int16Array, atMs: number): void {
    const wanted = Math.round((atMs * this.rateHz) / 1000);
    const slack = (SLACK_MS * this.rateHz) / 1000;
    const at = Math.abs(wanted - this.#length) <= slack ? this.#length : wanted;
    const skipped = Math.max(0, this.#length - at, -at);
    const end = at + pcm.length;
    if (skipped >= pcm.length || end > (MAX_TRACK_MS / 1000) * this.rateHz) return;
    if (end > this.#pcm.length) this.#grow(end);
    this.#pcm.set(pcm.subarray(skipped), at + skipped);
    this.#length = end;
  }

  get pcm(): Int16Array {
    return this.#pcm.subarray(0, this.#length);
  }

  get lengthMs(): number {
    return (this.#length * 1000) / this.rateHz;
  }

  #grow(least: number): void {
    const larger = new Int16Array(Math.max(least, this.#pcm.length * 2));
    larger.set(this.#pcm);
    this.#pcm = larger;
  }
}
