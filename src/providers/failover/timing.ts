/** Runs an action once after a delay, unless the returned function is called before. */
export type After = (delayMs: number, action: () => void) => () => void;

export interface Clock {
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  readonly after: After;
}

export interface TimeLimit {
  readonly limitMs: number;
  /** The error of work that is late. */
  readonly late: () => Error;
}

/** Rejects as the work does, when its time is up, or with the signal's reason as soon as it is aborted. */
export async function within<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  limit?: TimeLimit,
): Promise<T> {
  const waits = new Waits(clock, signal);
  try {
    return await waits.for(work, limit);
  } finally {
    waits.close();
  }
}

/** Waits for one thing after the other as `within` does, and listens to the signal once for all of them. */
export class Waits {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #signal: AbortSignal;
  #reject: (reason: unknown) => void = () => undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Nothing is waited for any more once this has rejected, and one thing at a time before. */
  for<T>(work: Promise<T>, limit?: TimeLimit): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#cancelTimer = limit && this.#clock.after(limit.limitMs, () => reject(limit.late()));
      work.then(
        result => {
          this.#cancelTimer?.();
          resolve(result);
        },
        (error: unknown) => {
          this.#cancelTimer?.();
          reject(error);
        },
      );
      if (this.#signal.aborted) this.#onAbort();
    });
  }

  /** The signal is not listened to any more. */
  close(): void {
    this.#cancelTimer?.();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#cancelTimer?.();
    this.#reject(this.#signal.reason);
  };
}
