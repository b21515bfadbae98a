interface Holding {
  readonly count: number;
  readonly bytes: number;
}

const NOTHING: Holding = { count: 0, bytes: 0 };

/** How much is held for each of many, by any key. */
export class Holdings {
  readonly #held = new Map<string, Holding>();

  of(key: string): Holding {
    return this.#held.get(key) ?? NOTHING;
  }

  /** One more for this key. */
  take(key: string, bytes: number): void {
    const held = this.of(key);
    this.#held.set(key, { count: held.count + 1, bytes: held.bytes + bytes });
  }

  /** Gives back one that was taken. */
  giveBack(key: string, bytes: number): void {
    const held = this.of(key);
    if (held.count <= 1) this.#held.delete(key);
    else this.#held.set(key, { count: held.count - 1, bytes: held.bytes - bytes });
  }
}
