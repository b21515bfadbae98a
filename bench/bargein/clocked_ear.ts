import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { Interjection, InterjectionEar } from '../../src/agent/interjection.ts';

/** What understanding a word or two counts for on the clock, however long it takes. */
const TAKES_MS = 150;

interface Heard {
  readonly dueMs: number;
  readonly meaning: Promise<Interjection>;
  tell(meaning: Interjection): void;
}

/** An ear for a clock that goes as fast as it can: waits for another one, and always takes the same time. */
export class ClockedEar implements InterjectionEar {
  readonly #ear: InterjectionEar;
  readonly #heard: Heard[] = [];
  #nowMs = 0;

  constructor(ear: InterjectionEar) {
    this.#ear = ear;
  }

  understand(pcm: Int16Array, rateHz: PipelineRateHz): Promise<Interjection> {
    const { promise, resolve } = Promise.withResolvers<Interjection>();
    const meaning = this.#ear.understand(pcm, rateHz);
    this.#heard.push({ dueMs: this.#nowMs + TAKES_MS, meaning, tell: resolve });
    return promise;
  }

  /** Before each tick: tells what is due by then, as soon as it is known. */
  async pass(nowMs: number): Promise<void> {
    this.#nowMs = nowMs;
    for (let [next] = this.#heard; next !== undefined && next.dueMs <= nowMs; [next] = this.#heard) {
      this.#heard.shift();
      next.tell(await next.meaning);
      await Promise.resolve();
    }
  }
}
