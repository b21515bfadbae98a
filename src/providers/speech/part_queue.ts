import type { SpeechPart } from './types.ts';

/** Parts of one answer on their way to whoever speaks it; bounded by what an answer may hold. */
export class PartQueue implements AsyncIterable<SpeechPart> {
  readonly #waiting: SpeechPart[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => undefined;

  push(part: SpeechPart): void {
    if (this.#end === undefined) this.#waiting.push(part);
    this.#wake();
  }

  /** No more come. */
  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  /** No more come, and that is wrong: told behind what came before. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SpeechPart> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift()!;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}
