import type { Llm, LlmDelta, LlmRequest } from '../../src/providers/types.ts';

/** A model moved by hand: it says what it is told to, when it is told to. */
export class ScriptedLlm implements Llm {
  readonly name = 'scripted';
  readonly requests: LlmRequest[] = [];
  /** What the next requests are answered with; a text is one piece, an error fails the answer there. */
  answers: (readonly (string | LlmDelta | Error)[])[] = [];
  /** While true nothing is said. */
  stuck = false;
  open = 0;
  #release: (() => void)[] = [];

  prepare(): void {}

  async *reply(request: LlmRequest): AsyncGenerator<LlmDelta> {
    this.requests.push(request);
    const answer = this.answers.shift() ?? ['Yes.'];
    this.open += 1;
    try {
      for (const piece of answer) {
        if (this.stuck) await this.#wait(request.signal);
        await Promise.resolve();
        request.signal.throwIfAborted();
        if (piece instanceof Error) throw piece;
        yield typeof piece === 'string' ? { type: 'text', text: piece } : piece;
      }
      yield { type: 'end', reason: 'stop', usage: undefined };
    } finally {
      this.open -= 1;
    }
  }

  unstick(): void {
    this.stuck = false;
    for (const release of this.#release.splice(0)) release();
  }

  async close(): Promise<void> {}

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      this.#release.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  }
}
