import type { Clock } from '../../sip/clock.ts';

const LOOK_EVERY_MS = 500;

/** Looks into rooms for all legs that wait for somebody there: once for each room, however many wait. */
export class RoomLooks {
  readonly #hasPeople: (room: string) => Promise<boolean>;
  readonly #clock: Clock;
  /** By room; looked into until nobody waits. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @param hasPeople may reject; then nobody is there */
  constructor(hasPeople: (room: string) => Promise<boolean>, clock: Clock) {
    this.#hasPeople = hasPeople;
    this.#clock = clock;
  }

  /** How many wait. */
  get count(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Waits until somebody is in the room, which is told once; returns what ends the wait. */
  wait(room: string, found: () => void): () => void {
    const waiting = this.#waiting.get(room) ?? new Set();
    waiting.add(found);
    if (!this.#waiting.has(room)) {
      this.#waiting.set(room, waiting);
      void this.#look(room, waiting);
    }
    return () => void waiting.delete(found);
  }

  async #look(room: string, waiting: ReadonlySet<() => void>): Promise<void> {
    const hasPeople = waiting.size > 0 && (await this.#hasPeople(room).catch(() => false));
    if (waiting.size > 0 && !hasPeople) {
      this.#clock.after(LOOK_EVERY_MS, () => void this.#look(room, waiting));
      return;
    }
    this.#waiting.delete(room);
    for (const found of waiting) found();
  }
}
