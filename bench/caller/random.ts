/** Numbers that look random and are the same for the same seed: mulberry32 (T. Ettinger, 2017). */
export class SeededRandom {
  #state: number;

  /** Streams of one seed with different names are independent, so that drawing more of one changes no other. */
  constructor(seed: number, stream: string) {
    let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x2545f491;
    for (const character of stream) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
    this.#state = state;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(options: readonly [T, ...T[]] | readonly T[]): T {
    const option = options[this.integer(0, options.length - 1)];
    if (option === undefined) throw new RangeError('nothing to pick from');
    return option;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
