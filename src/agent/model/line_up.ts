/** Items that one end makes and the other takes, one after the other, waiting for them where needed. */
export class LineUp<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  push(...items: readonly T[]): void {
    this.#waiting.push(...items);
    this.#wake();
  }

  /** No more come. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift()!;
      if (this.#isOver) return;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}
