interface Running<T> {
  readonly result: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/** What several ask for at once is done once, and given up when nobody waits for it any more. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /** Rejects as the work does, or with the signal's reason as soon as it is aborted. */
  async join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const running = this.#running.get(key) ?? this.#begin(key, work);
    running.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      return await Promise.race([running.result, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      running.waiting -= 1;
      if (running.waiting === 0) this.#end(key, running);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const control = new AbortController();
    const running = { result: work(control.signal), control, waiting: 0 };
    // Whoever waits for it is told; there may be nobody left.
    running.result.catch(() => undefined);
    this.#running.set(key, running);
    return running;
  }

  /** What is done by now is not undone; whoever asks later begins anew. */
  #end(key: string, running: Running<T>): void {
    running.control.abort();
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
