import { VAD_WINDOW_MS } from '../../models/silero.ts';

/** Windows below this are certainly no voice. */
const QUIET = 0.1;
const PAUSE_MS = 2000;

/**
 * Tells when the voice-activity network is to forget what it has heard: once in each pause. What it remembers of earlier
 * speech makes it doubt a short word after a pause, though it takes the same word at once with nothing to remember.
 */
export class PauseWatch {
  #quietMs = 0;
  #isFresh = true;

  /** Takes the probability of a window; true when the network is to begin anew with the next one. */
  isPause(probability: number): boolean {
    if (probability >= QUIET) {
      this.#quietMs = 0;
      this.#isFresh = false;
      return false;
    }
    this.#quietMs += VAD_WINDOW_MS;
    if (this.#isFresh || this.#quietMs < PAUSE_MS) return false;
    this.#isFresh = true;
    return true;
  }

  /** The network has begun anew by other means. */
  reset(): void {
    this.#quietMs = 0;
    this.#isFresh = true;
  }
}
