import { LIMITS } from '../config/limits.ts';

/** How often signs of life are looked for, and after how many times without one something hangs. */
export interface ListeningTimes {
  readonly tickMs: number;
  readonly limitTicks: number;
}

export const LISTENING: ListeningTimes = { tickMs: 1000, limitTicks: LIMITS.silentSeconds };

/** The sound of many calls depends on it. */
export const LISTENING_CLOSELY: ListeningTimes = { tickMs: 250, limitTicks: LIMITS.mediaSilentQuarters };

/**
 * Who has been silent for how long, in ticks of whoever listens. Time itself is no measure: a listener that was held up
 * by a busy machine, or suspended with it, has ticked as little as it has listened, and takes nobody for dead.
 */
export class Silence<Name extends string> {
  readonly #limitTicks: number;
  readonly #ticks = new Map<Name, number>();

  constructor(limitTicks: number) {
    this.#limitTicks = limitTicks;
  }

  /** Listens for it from now on. */
  expect(name: Name): void {
    this.#ticks.set(name, 0);
  }

  forget(name: Name): void {
    this.#ticks.delete(name);
  }

  /** A sign of life; without effect for what is not listened for. */
  heard(name: Name): void {
    if (this.#ticks.has(name)) this.#ticks.set(name, 0);
  }

  get expected(): readonly Name[] {
    return [...this.#ticks.keys()];
  }

  /** A tick has passed. */
  tick(): void {
    for (const [name, ticks] of this.#ticks) this.#ticks.set(name, ticks + 1);
  }

  /** Those that were silent for the limit, by the last tick. */
  get tooLong(): readonly Name[] {
    return this.expected.filter(name => this.#ticks.get(name)! >= this.#limitTicks);
  }
}
