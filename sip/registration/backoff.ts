import { REGISTRATION_LIMITS } from './limits.ts';

/** Waits that grow with each failure in a row, by chance, so that many clients don't come back as one (RFC 5626 §4.5). */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The wait after one more failure: half to all of 60, 120, … seconds, at most half an hour. */
  nextMs(): number {
    const { baseWaitMs, mostWaitMs } = REGISTRATION_LIMITS;
    this.#failures += 1;
    const mostMs = Math.min(mostWaitMs, baseWaitMs * 2 ** this.#failures);
    return mostMs * (0.5 + 0.5 * this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
