import type { After } from '../../src/agent/ports.ts';

/** Timers of a time that goes on by hand. */
export class VirtualTimers {
  #nowMs = 0;
  readonly #waiting = new Set<{ readonly dueMs: number; readonly action: () => void }>();

  readonly after: After = (delayMs, action) => {
    const timer = { dueMs: this.#nowMs + delayMs, action };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  };

  get open(): number {
    return this.#waiting.size;
  }

  moveTo(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const timer of this.#waiting) {
      if (timer.dueMs > nowMs) continue;
      this.#waiting.delete(timer);
      timer.action();
    }
  }
}
