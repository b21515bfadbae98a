import { LIMITS } from '../config/limits.ts';
import { TokenBucket } from './token_bucket.ts';

/** Holds up whoever guesses passwords: who has tried too often may not try again for a while, not even the right one. */
export class GuessBrake {
  /** By who tries and what for, whoever has not tried for longest first. */
  readonly #tries = new Map<string, TokenBucket>();

  /** Counts a try; false when it is not to be looked at. Times are monotonic milliseconds. */
  mayTry(who: string, nowMs: number): boolean {
    const tries = this.#tries.get(who) ?? new TokenBucket(LIMITS.sipGuessesPerS, LIMITS.sipGuesses, nowMs);
    this.#tries.delete(who);
    this.#tries.set(who, tries);
    const [oldest] = this.#tries.size > LIMITS.sipSourcesRemembered ? this.#tries.keys() : [];
    if (oldest !== undefined) this.#tries.delete(oldest);
    return tries.take(nowMs);
  }

  /** It was no guess. */
  release(who: string): void {
    this.#tries.delete(who);
  }
}
