import type { Clock } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';

/** What one address has sent. Plain numbers, for whoever admits or refuses it. */
export interface SourceCount {
  /** Requests and responses that were read. */
  messages: number;
  /** Requests that were answered with an error by the parser. */
  rejected: number;
  /** Bytes that were no SIP, and responses that could not be read. */
  noise: number;
  /** Everything of the second that began at `secondMs`, and of the one before it. */
  thisSecond: number;
  lastSecond: number;
  secondMs: number;
}

/** Counts by source address, of the addresses heard last; the one longest silent is forgotten first. */
export class SourceCounters {
  readonly #counts = new Map<string, SourceCount>();
  readonly #clock: Clock;
  readonly #most: number;

  constructor(clock: Clock, most: number = SIP_LIMITS.countedAddresses) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Number of addresses held. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts of an address; `undefined` when it was not heard, or forgotten. */
  of(address: string): Readonly<SourceCount> | undefined {
    return this.#counts.get(address);
  }

  count(address: string, what: 'messages' | 'rejected' | 'noise'): void {
    const nowMs = this.#clock.nowMs();
    const count = this.#touch(address, nowMs);
    if (nowMs - count.secondMs >= 1_000) {
      count.lastSecond = nowMs - count.secondMs < 2_000 ? count.thisSecond : 0;
      count.thisSecond = 0;
      count.secondMs = nowMs - ((nowMs - count.secondMs) % 1_000);
    }
    count.thisSecond++;
    count[what]++;
  }

  /** The count of an address, moved to the young end of the map. */
  #touch(address: string, nowMs: number): SourceCount {
    const known = this.#counts.get(address);
    const count = known ?? {
      messages: 0,
      rejected: 0,
      noise: 0,
      thisSecond: 0,
      lastSecond: 0,
      secondMs: nowMs,
    };
    if (known !== undefined) this.#counts.delete(address);
    else if (this.#counts.size >= this.#most)
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    this.#counts.set(address, count);
    return count;
  }
}
