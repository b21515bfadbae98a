import type { Address } from '../ipc/messages.ts';

/** What a media process last told of itself. */
export interface MediaLoad {
  readonly calls: number;
  readonly maxCalls: number;
  readonly tickLatenessP99Ms: number;
  readonly draining: boolean;
}

interface MediaProcess extends MediaLoad {
  /** Calls promised to it of which its load does not tell yet. */
  reserved: number;
}

/**
 * Which media process takes the next call: the one with the smallest share of its slots in use. Calls on their way to
 * a process count as its own, so that a burst is spread too.
 */
export class Admission {
  readonly #media = new Map<Address, MediaProcess>();
  #draining = false;

  update(address: Address, load: MediaLoad): void {
    this.#media.set(address, { ...load, reserved: this.#media.get(address)?.reserved ?? 0 });
  }

  remove(address: Address): void {
    this.#media.delete(address);
  }

  /** From now on nothing is admitted. */
  drain(): void {
    this.#draining = true;
  }

  /** Takes a slot, or says that there is none. `except` has refused already. */
  reserve(except: readonly Address[] = []): Address | undefined {
    if (this.#draining) return undefined;
    const [best] = [...this.#media]
      .filter(([address, media]) => !except.includes(address) && freeSlots(media) > 0)
      .toSorted(([, a], [, b]) => share(a) - share(b));
    if (best === undefined) return undefined;
    best[1].reserved += 1;
    return best[0];
  }

  /** The call is counted in the process's own load from now on, or will never come. */
  release(address: Address): void {
    const media = this.#media.get(address);
    if (media !== undefined && media.reserved > 0) media.reserved -= 1;
  }

  /** Slots of the whole node. */
  total(): { used: number; most: number; available: boolean } {
    const processes = [...this.#media.values()];
    return {
      used: processes.reduce((sum, media) => sum + media.calls + media.reserved, 0),
      most: processes.reduce((sum, media) => sum + media.maxCalls, 0),
      available: !this.#draining && processes.some(media => freeSlots(media) > 0),
    };
  }
}

function freeSlots(media: MediaProcess): number {
  return media.draining ? 0 : media.maxCalls - media.calls - media.reserved;
}

function share(media: MediaProcess): number {
  return (media.calls + media.reserved) / media.maxCalls;
}
