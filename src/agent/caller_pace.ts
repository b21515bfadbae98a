/** Median of the pauses that people make within what they say, and how sure that is before this caller was heard. */
const USUAL_PAUSE_MS = 450;
const PRIOR_PAUSES = 4;
/** Older pauses count for less: about the last dozen make the pace. */
const KEPT_SHARE = 0.92;
/** Shorter ones are sounds of speech, not pauses. */
const LEAST_PAUSE_MS = 150;
const SLOWEST = 1.8;
const BRISKEST = 0.75;
/** Patience after a cut-off grows at once by this factor, and goes back over the turns that follow. */
const CUT_OFF_FACTOR = 1.2;
const MOST_CAUTION = 1.5;
const CAUTION_KEPT_SHARE = 0.75;

/**
 * How long this caller pauses within turns, compared with others: a running mean of the logarithms, since pauses are
 * log-normal (Campione and Véronis, A Large-Scale Multilingual Study of Silent Pause Duration, Speech Prosody 2002).
 */
export class CallerPace {
  #logSum = 0;
  #weight = PRIOR_PAUSES;
  #caution = 1;

  /** 1 as usual, more for somebody who takes longer, less for a brisk one; bounded. */
  get factor(): number {
    return Math.min(SLOWEST, Math.max(BRISKEST, Math.exp(this.#logSum / this.#weight)));
  }

  /** 1, and more for a while after the caller was cut off. */
  get caution(): number {
    return this.#caution;
  }

  /** The caller paused for so long, and went on. */
  paused(pauseMs: number): void {
    if (pauseMs < LEAST_PAUSE_MS) return;
    this.#logSum = KEPT_SHARE * this.#logSum + Math.log(pauseMs / USUAL_PAUSE_MS);
    this.#weight = KEPT_SHARE * (this.#weight - PRIOR_PAUSES) + PRIOR_PAUSES + 1;
  }

  /** A turn was ended while the caller only paused. */
  cutOff(): void {
    this.#caution = Math.min(MOST_CAUTION, this.#caution * CUT_OFF_FACTOR);
  }

  /** A turn was ended rightly. */
  tookTurn(): void {
    this.#caution = 1 + CAUTION_KEPT_SHARE * (this.#caution - 1);
  }
}
