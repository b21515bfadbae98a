import type { LlmDelta } from '../types.ts';

/** One answer for several readers, each of whom gets all of it as it comes; given up when nobody reads it any more. */
export class SharedAnswer {
  readonly #control = new AbortController();
  readonly #deltas: LlmDelta[] = [];
  #more = Promise.withResolvers<void>();
  #readers = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  /** `onWhole` gets the deltas of an answer that came to its end; `onOver` is told when no reader may come any more. */
  constructor(
    ask: (signal: AbortSignal) => AsyncIterable<LlmDelta>,
    onWhole: (deltas: readonly LlmDelta[]) => void,
    onOver: () => void,
  ) {
    this.#control.signal.addEventListener('abort', onOver);
    void this.#run(ask(this.#control.signal))
      .then(
        () => onWhole(this.#deltas),
        (error: unknown) => {
          this.#failure = { error };
        },
      )
      .finally(() => {
        this.#isOver = true;
        onOver();
        this.#more.resolve();
      });
  }

  /** Throws what the answer failed with, or the signal's reason as soon as it is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<LlmDelta> {
    const left = Promise.withResolvers<void>();
    const leave = () => left.resolve();
    signal.addEventListener('abort', leave);
    this.#readers += 1;
    try {
      for (let at = 0; ; ) {
        signal.throwIfAborted();
        const delta = this.#deltas[at];
        if (delta !== undefined) {
          at += 1;
          yield delta;
        } else if (this.#failure !== undefined) throw this.#failure.error;
        else if (this.#isOver) return;
        else await Promise.race([this.#more.promise, left.promise]);
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#readers -= 1;
      if (this.#readers === 0) this.#control.abort();
    }
  }

  async #run(answer: AsyncIterable<LlmDelta>): Promise<void> {
    for await (const delta of answer) {
      this.#deltas.push(delta);
      const { resolve } = this.#more;
      this.#more = Promise.withResolvers();
      resolve();
    }
  }
}
