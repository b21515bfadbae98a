import type { Address, MessageOf } from '../ipc/messages.ts';

/** What a media process last told of itself. */
type MediaLoad = Omit<MessageOf<'load'>, 'type'>;

/** Why no call is taken: a row of the table of errors. */
export type Refusal = MessageOf<'notAdmitted'>['code'];

/** A slot on a media process, or why there is none. */
type SlotOrRefusal = { readonly media: Address } | { readonly refused: Refusal };

/** From this share of its time on, a busy process is less wanted than its slots say. */
const MUCH_BUSY = 0.5;

interface MediaProcess extends MediaLoad {
  /** Calls promised to it that are not up yet, whether its load tells of them already or not. */
  reserved: number;
}

/**
 * Which media process takes the next call: the one with the smallest share of its slots in use, of those that have time
 * for it and can still write down what a call tells; one that is busy for more than half of its time stands behind. Calls
 * on their way to a process count as its own, so that a burst is spread too.
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

  /** From now on nothing is admitted, or something again. */
  drain(isDraining: boolean): void {
    this.#draining = isDraining;
  }

  /** Takes a slot, or says why there is none. `except` has refused already. */
  reserve(except: readonly Address[] = []): SlotOrRefusal {
    const media = this.#draining ? undefined : this.#best(except, freeSlots);
    return media === undefined ? { refused: this.#whyFull() } : { media };
  }

  /** A slot for a call that has lost its media process, also where nothing new comes in; undefined when all are taken. */
  reserveForLost(except: readonly Address[]): Address | undefined {
    return this.#best(except, emptySlots);
  }

  /** The call is up, and counted in the process's own load, or will never be. */
  release(address: Address): void {
    const media = this.#media.get(address);
    if (media !== undefined && media.reserved > 0) media.reserved -= 1;
  }

  /** Slots of the whole node. */
  total(): { used: number; most: number; available: boolean } {
    const processes = [...this.#media.values()];
    return {
      used: processes.reduce((sum, media) => sum + usedSlots(media), 0),
      most: processes.reduce((sum, media) => sum + media.maxCalls, 0),
      available: !this.#draining && processes.some(media => freeSlots(media) > 0),
    };
  }

  /** Why the next call will not be taken; undefined when it will. */
  refusal(): Refusal | undefined {
    return this.total().available ? undefined : this.#whyFull();
  }

  #best(except: readonly Address[], slotsOf: (media: MediaProcess) => number): Address | undefined {
    const [best] = [...this.#media]
      .filter(([address, media]) => !except.includes(address) && slotsOf(media) > 0)
      .toSorted(([, a], [, b]) => weight(a) - weight(b));
    if (best === undefined) return undefined;
    best[1].reserved += 1;
    return best[0];
  }

  /** A full spool, or a want of time, is named where, but for it, there would be a slot. */
  #whyFull(): Refusal {
    if (this.#draining) return 'DRAINING';
    const processes = [...this.#media.values()];
    if (processes.some(media => freeSlots({ ...media, spoolFull: false }) > 0)) return 'SPOOL_FULL';
    return processes.some(media => freeSlots({ ...media, shed: [] }) > 0) ? 'OVERLOADED' : 'CAPACITY';
  }
}

function freeSlots(media: MediaProcess): number {
  return media.draining || media.spoolFull || media.shed.includes('newCalls') ? 0 : emptySlots(media);
}

function emptySlots(media: MediaProcess): number {
  return media.maxCalls - usedSlots(media);
}

function usedSlots({ calls, unanswered, reserved }: MediaProcess): number {
  return calls - unanswered + reserved;
}

/** Slots tell of calls at once, a busy share seconds later: only where it is high does it count. */
function weight(media: MediaProcess): number {
  return usedSlots(media) / media.maxCalls + Math.max(0, media.busyShare - MUCH_BUSY);
}
