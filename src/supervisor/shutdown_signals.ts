const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** One ^C arrives several times: from the terminal, from npm, and from bin/start.mjs. */
const SAME_PRESS_MS = 300;

/** Told that a signal asked for the end; `signal` is the system's name of it. */
export class ShutdownRequest extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** The first signal asks for an end in good order, the second for one at once. */
export class ShutdownSignals {
  readonly #inOrder = new AbortController();
  readonly #atOnce = new AbortController();
  readonly #handler = (signal: NodeJS.Signals): void => this.#receive(signal);
  #firstAtMs = 0;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#handler);
  }

  /** Aborts with a ShutdownRequest. */
  get inOrder(): AbortSignal {
    return this.#inOrder.signal;
  }

  get atOnce(): AbortSignal {
    return this.#atOnce.signal;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#handler);
  }

  #receive(signal: NodeJS.Signals): void {
    if (!this.#inOrder.signal.aborted) {
      this.#firstAtMs = performance.now();
      this.#inOrder.abort(new ShutdownRequest(signal));
    } else if (performance.now() - this.#firstAtMs > SAME_PRESS_MS) {
      this.#atOnce.abort(new ShutdownRequest(signal));
    }
  }
}
