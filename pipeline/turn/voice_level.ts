/** How much of the way to a louder, or to a softer, window the level goes. */
const RISE = 0.3;
const FALL = 0.05;
/** It is forgotten at this speed while nobody speaks: somebody else may have taken the telephone. */
const FORGET_DB_PER_MS = 0.3 / 1000;

/** How loud the caller speaks, by the loudest frames of what is surely a voice. */
export class VoiceLevel {
  #levelDb = -Infinity;

  /** In dB of full scale; −Infinity as long as nothing is known. */
  get levelDb(): number {
    return this.#levelDb;
  }

  /** A window that is voice, and its loudest frame. */
  heard(peakDb: number): void {
    const differenceDb = peakDb - this.#levelDb;
    if (this.#levelDb === -Infinity) this.#levelDb = peakDb;
    else this.#levelDb += (differenceDb > 0 ? RISE : FALL) * differenceDb;
  }

  /** So long without a voice. */
  silent(forMs: number): void {
    this.#levelDb -= FORGET_DB_PER_MS * forMs;
  }
}
