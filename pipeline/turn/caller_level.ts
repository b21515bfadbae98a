/** How much of the way to a louder window the level goes. */
const RISE = 0.3;
/** Softer ones lower it by so much each, 0.12 dB a second, unless they are so much softer: then it is another voice. */
const FALL_DB = 0.004;
const OTHER_BELOW_DB = 8;
/** A voice that nobody has heard before is at the telephone from this level on. */
const STRANGER_DB = -34;
/** One that is known, when it is not so far below its loudest frames so far. */
const FAR_BELOW_DB = 12.5;
const LEAST_DB = -50;
const MOST_DB = -29;

/** How loud the caller speaks at the telephone, learned from the caller's own turns: others in the room are farther away. */
export class CallerLevel {
  #peakDb = -Infinity;

  /** From this level on a voice is near, in dB of full scale. */
  get nearDb(): number {
    if (this.#peakDb === -Infinity) return STRANGER_DB;
    return Math.max(LEAST_DB, Math.min(MOST_DB, this.#peakDb - FAR_BELOW_DB));
  }

  /** A window that is surely voice, and its loudest frame. */
  heard(peakDb: number): void {
    if (this.#peakDb === -Infinity) this.#peakDb = peakDb;
    else if (peakDb > this.#peakDb) this.#peakDb += RISE * (peakDb - this.#peakDb);
    else if (peakDb >= this.#peakDb - OTHER_BELOW_DB) this.#peakDb -= FALL_DB;
  }
}
