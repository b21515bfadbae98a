import { TrunklineError } from '../../config/errors.ts';

/** Lets a few pass at once and a bounded number wait their turn. */
export class Turnstile {
  readonly #places: number;
  readonly #queueLimit: number;
  readonly #waiting: (() => void)[] = [];
  readonly #passing = new Set<Promise<unknown>>();

  constructor(places: number, queueLimit: number) {
    this.#places = places;
    this.#queueLimit = queueLimit;
  }

  /** @throws TrunklineError TTS_FAILED when too many wait; the signal's reason when it is aborted while waiting */
  async pass<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#passing.size >= this.#places) await this.#turn(signal);
    const done = work();
    this.#passing.add(done);
    try {
      return await done;
    } finally {
      this.#passing.delete(done);
      this.#waiting.shift()?.();
    }
  }

  /** Resolves when nobody is passing or waiting. */
  async idle(): Promise<void> {
    while (this.#passing.size > 0) await Promise.allSettled(this.#passing);
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#queueLimit) {
      return Promise.reject(new TrunklineError('TTS_FAILED', `${this.#queueLimit} sentences are waiting`));
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.#waiting.indexOf(enter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}
