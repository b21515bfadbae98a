/** How long the caller's media may be missing before the call is answered without it. */
export interface AnswerTimes {
  /** From when the caller hears us on, in milliseconds. */
  readonly mediaGraceMs: number;
  /** From the start on: if it was not answered by then there is no call. */
  readonly answerTimeoutMs: number;
}

/** In the order in which they usually become true. */
export type AnswerCondition = 'published' | 'subscribed' | 'accepted';

/**
 * Finds the moment at which the first word is neither lost nor spoken into the void: our track is published, the far
 * end has subscribed to it, the far end's signalling says that its own caller is connected, and the caller's frames
 * flow, for which it waits only a while, since a caller may be muted.
 */
export class AnswerGate {
  readonly #times: AnswerTimes;
  readonly #onOpen: () => void;
  readonly #missing = new Set<AnswerCondition>(['published', 'subscribed', 'accepted']);
  readonly #deadline: NodeJS.Timeout;
  #flowing = false;
  #grace: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(times: AnswerTimes, onOpen: () => void, onTimeout: () => void) {
    this.#times = times;
    this.#onOpen = onOpen;
    this.#deadline = setTimeout(() => {
      this.close();
      onTimeout();
    }, times.answerTimeoutMs);
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  fulfil(condition: AnswerCondition): void {
    this.#missing.delete(condition);
    this.#check();
  }

  /** A frame of the caller arrived. */
  mediaFlows(): void {
    if (this.#flowing) return;
    this.#flowing = true;
    this.#check();
  }

  close(): void {
    this.#settled = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
  }

  #check(): void {
    if (this.#settled || this.#missing.size > 0) return;
    if (this.#flowing) this.#open();
    else this.#grace ??= setTimeout(() => this.#open(), this.#times.mediaGraceMs);
  }

  #open(): void {
    this.close();
    this.#onOpen();
  }
}
