import type { SeededRandom } from '../caller/random.ts';

/** What a network does to one direction of a call. Percentages are of packets. */
export interface Impairment {
  readonly lossPercent: number;
  /** Packets are held up by 0 to this, evenly distributed; those that are not reordered keep their order. */
  readonly jitterMs: number;
  /** Packets that come after their successor. */
  readonly reorderPercent: number;
  /** Nothing passes for `lengthMs`, every `everyMs`, for the first time after a part of that drawn by the seed. */
  readonly outage: { readonly everyMs: number; readonly lengthMs: number } | undefined;
}

export const UNIMPAIRED: Impairment = { lossPercent: 0, jitterMs: 0, reorderPercent: 0, outage: undefined };

const HELP = 'loss=PERCENT, jitter=MS, reorder=PERCENT and outage=MS/EVERY_MS, with commas between them';
const MOST_MS = 600_000;

/**
 * Reads `loss=5,jitter=60,reorder=3,outage=200/5000`, any of these.
 * @throws Error that says what it may be
 */
export function parseImpairment(text: string): Impairment {
  const parts = new Map(text.split(',').map(part => part.split('=', 2) as [string, string | undefined]));
  const figure = (value: string | undefined, most: number): number => {
    const number = Number(value);
    if (!/^\d+(?:\.\d+)?$/.test(value ?? '') || number > most) throw new Error(HELP);
    return number;
  };
  const take = (name: string, most: number): number => {
    const value = parts.get(name);
    return parts.delete(name) ? figure(value, most) : 0;
  };
  const outage = parts.get('outage')?.split('/', 2);
  if (parts.delete('outage') && outage === undefined) throw new Error(HELP);
  const impairment = {
    lossPercent: take('loss', 100),
    jitterMs: take('jitter', MOST_JITTER_MS),
    reorderPercent: take('reorder', 100),
    outage:
      outage === undefined
        ? undefined
        : { lengthMs: figure(outage[0], MOST_MS), everyMs: Math.max(1, figure(outage[1], MOST_MS)) },
  };
  if (parts.size > 0) throw new Error(HELP);
  return impairment;
}

type Deliver = (packet: Uint8Array, nowMs: number) => void;

/** Long enough to come after the next packet. */
const REORDER_MS = 25;
/** No two packets are due at the same moment: their order would be lost. */
const LEAST_APART_MS = 0.001;
const SLOTS = 32;
/** What fits into the slots at 20 ms a packet. */
const MOST_JITTER_MS = 500;
const MOST_BYTES = 1500;

/**
 * Loses, delays, reorders and interrupts one direction of one call, the same for the same seed. Holds up to 32 packets;
 * what would be more is lost. Allocates nothing for a packet but the view that it hands on.
 */
export class ImpairedPath {
  readonly #impairment: Impairment;
  readonly #random: SeededRandom;
  readonly #deliver: Deliver;
  readonly #bytes: Uint8Array[] = [];
  readonly #lengths = new Uint16Array(SLOTS);
  /** Infinite: free. */
  readonly #dueMs = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY);
  readonly #outagePhaseMs: number;
  #nextDueMs = Number.POSITIVE_INFINITY;
  #lastInOrderMs = Number.NEGATIVE_INFINITY;
  #startedMs: number | undefined;
  #dropped = 0;

  constructor(impairment: Impairment, random: SeededRandom, deliver: Deliver) {
    this.#impairment = impairment;
    this.#random = random;
    this.#deliver = deliver;
    this.#outagePhaseMs = random.next() * (impairment.outage?.everyMs ?? 0);
  }

  /** Packets that did not get through. */
  get dropped(): number {
    return this.#dropped;
  }

  pass(packet: Uint8Array, nowMs: number): void {
    const { lossPercent, jitterMs, reorderPercent } = this.#impairment;
    this.#startedMs ??= nowMs;
    const isLost = this.#random.next() * 100 < lossPercent;
    const delayMs = this.#random.next() * jitterMs;
    const isReordered = this.#random.next() * 100 < reorderPercent;
    if (isLost || this.#isOut(nowMs - this.#startedMs) || packet.length > MOST_BYTES) this.#dropped += 1;
    else if (isReordered) this.#hold(packet, Math.max(nowMs + delayMs, this.#lastInOrderMs) + REORDER_MS);
    else {
      this.#lastInOrderMs = Math.max(nowMs + delayMs, this.#lastInOrderMs + LEAST_APART_MS);
      if (this.#lastInOrderMs <= nowMs) this.#deliver(packet, nowMs);
      else this.#hold(packet, this.#lastInOrderMs);
    }
  }

  /** Hands on what is due; to be called every few milliseconds. */
  poll(nowMs: number): void {
    while (this.#nextDueMs <= nowMs) {
      const slot = this.#dueMs.indexOf(this.#nextDueMs);
      this.#dueMs[slot] = Number.POSITIVE_INFINITY;
      this.#findNext();
      this.#deliver(this.#bytes[slot]!.subarray(0, this.#lengths[slot]!), nowMs);
    }
  }

  #isOut(sinceStartMs: number): boolean {
    const { outage } = this.#impairment;
    if (outage === undefined || sinceStartMs < this.#outagePhaseMs) return false;
    return (sinceStartMs - this.#outagePhaseMs) % outage.everyMs < outage.lengthMs;
  }

  #hold(packet: Uint8Array, dueMs: number): void {
    const slot = this.#dueMs.indexOf(Number.POSITIVE_INFINITY);
    if (slot < 0) {
      this.#dropped += 1;
      return;
    }
    this.#bytes[slot] ??= new Uint8Array(MOST_BYTES);
    this.#bytes[slot].set(packet);
    this.#lengths[slot] = packet.length;
    this.#dueMs[slot] = dueMs;
    this.#nextDueMs = Math.min(this.#nextDueMs, dueMs);
  }

  #findNext(): void {
    let leastMs = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < SLOTS; slot += 1) leastMs = Math.min(leastMs, this.#dueMs[slot]!);
    this.#nextDueMs = leastMs;
  }
}
