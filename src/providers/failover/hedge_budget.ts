/** Of requests that go on being late, one in so many is asked of a second provider as well. */
const REQUESTS_A_HEDGE = 10;
/** So many at once may be before that counts. */
const BURST = 10;

/**
 * How often a provider's late answers may cost a second request. A late answer now and then is worth one; where all are
 * late, as when the machine itself has no time, twice the requests would make them later still.
 */
export class HedgeBudget {
  #left = BURST;

  /** The provider is asked first. */
  asked(): void {
    this.#left = Math.min(BURST, this.#left + 1 / REQUESTS_A_HEDGE);
  }

  /** False where there is no second request for this one. */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
