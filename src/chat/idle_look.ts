import type { After } from '../agent/ports.ts';

/** Looks again and again, each time so long after it is done with the last; `look` must not throw. */
export class IdleLook {
  readonly #after: After;
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(after: After, everyMs: number, look: () => Promise<void>) {
    this.#after = after;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#wait();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #wait(): void {
    if (this.#closed) return;
    this.#cancel = this.#after(this.#everyMs, () => void this.#look().then(() => this.#wait()));
  }
}
