import type { Writable } from 'node:stream';

/** What takes less needs no telling. */
const QUIET_MS = 1500;
const STEP = 0.1;

/** Tells how far a long piece of work is: in place where a person looks on, else a line for each tenth. */
export class Progress {
  readonly #out: Writable & { readonly isTTY?: boolean };
  readonly #startMs = performance.now();
  #told = 0;

  constructor(out: Writable & { readonly isTTY?: boolean }) {
    this.#out = out;
  }

  /** @param share 0–1 */
  show(share: number): void {
    const step = this.#out.isTTY === true ? STEP / 10 : STEP;
    if (share < this.#told + step || performance.now() - this.#startMs < QUIET_MS) return;
    this.#told = share;
    const text = `${Math.floor(share * 100)} %`;
    this.#out.write(this.#out.isTTY === true ? `\r${text}` : `${text}\n`);
  }

  end(): void {
    if (this.#told > 0 && this.#out.isTTY === true) this.#out.write('\r     \r');
  }
}
