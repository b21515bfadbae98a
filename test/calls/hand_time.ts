import type { TimeBase } from '../../src/calls/media_clock.ts';

/** Time that passes by hand. */
export class HandTime implements TimeBase {
  now = 1000;
  /** How long the thread has worked so far. */
  worked = 0;
  #due: { readonly atMs: number; readonly callback: () => void } | undefined;

  nowMs(): number {
    return this.now;
  }

  busyMs(): number {
    return this.worked;
  }

  after(delayMs: number, callback: () => void): () => void {
    const due = { atMs: this.now + delayMs, callback };
    this.#due = due;
    return () => {
      if (this.#due === due) this.#due = undefined;
    };
  }

  get waits(): boolean {
    return this.#due !== undefined;
  }

  /** Nothing was to be done until the timer fires. */
  idle(): void {
    this.busyFor(Math.max(0, (this.#due?.atMs ?? this.now) - this.now));
  }

  /** The thread was busy until `ms` later; only then the timer fires. */
  busyFor(ms: number): void {
    this.now += ms;
    const due = this.#due;
    if (due === undefined || due.atMs > this.now) return;
    this.#due = undefined;
    due.callback();
  }
}
