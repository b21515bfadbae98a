/** Even ports from `lowest` to `highest`, each with the odd one after it for RTCP (RFC 3550 §11). */
export interface PortRangeOptions {
  readonly lowest: number;
  readonly highest: number;
  /** A port given back is not handed out for so long: late packets of the old call are not to be heard in a new one. */
  readonly reuseDelayMs: number;
  /** 0…1 by chance: the order of the ports is not to be guessed. */
  readonly random: () => number;
}

interface FreePort {
  readonly port: number;
  readonly fromMs: number;
}

/** Hands out ports in turn, the one longest free first. Times are monotonic milliseconds. */
export class PortRange {
  readonly #free: FreePort[] = [];
  readonly #taken = new Set<number>();
  readonly #reuseDelayMs: number;

  /** @throws RangeError when the range holds no pair of ports */
  constructor({ lowest, highest, reuseDelayMs, random }: PortRangeOptions) {
    this.#reuseDelayMs = reuseDelayMs;
    const first = lowest + (lowest % 2);
    if (!(first >= 1 && first + 1 <= highest && highest <= 65_535)) {
      throw new RangeError(`no pair of ports in ${lowest}–${highest}`);
    }
    for (let port = first; port + 1 <= highest; port += 2) {
      // Each goes to a random place among those before it.
      const place = Math.floor(random() * (this.#free.length + 1));
      const moved = this.#free[place];
      this.#free[place] = { port, fromMs: Number.NEGATIVE_INFINITY };
      if (moved !== undefined) this.#free.push(moved);
    }
  }

  /** An even port; undefined when all are taken or were in use just now. */
  take(nowMs: number): number | undefined {
    const next = this.#free[0];
    if (next === undefined || next.fromMs > nowMs) return undefined;
    this.#free.shift();
    this.#taken.add(next.port);
    return next.port;
  }

  /** Takes a port that is in use since before; false when it is taken or none of these. */
  claim(port: number): boolean {
    const place = this.#free.findIndex(free => free.port === port);
    if (place < 0) return false;
    this.#free.splice(place, 1);
    this.#taken.add(port);
    return true;
  }

  /** To be called once for each port taken; also when another program turned out to use it. */
  giveBack(port: number, nowMs: number): void {
    if (this.#taken.delete(port)) this.#free.push({ port, fromMs: nowMs + this.#reuseDelayMs });
  }

  get freePorts(): number {
    return this.#free.length;
  }
}
