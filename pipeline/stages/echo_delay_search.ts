import type { KernelExports } from '../kernels/kernel_exports.ts';
import type { KernelMemory } from '../kernels/kernel_memory.ts';
import { openSlot } from '../kernels/open_slot.ts';

/** Of some ten microseconds each. */
const STEPS_PER_TICK = 8;

/** Who wants to know how late its echo is. */
export interface DelaySeeker {
  /** The canceller's slot in the kernel memory. */
  readonly address: number;
  /** How much of what was heard last is to be looked at, 1 to 1000 ms. */
  readonly heardMs: number;
  /**
   * @param lag by how much the echo lies behind what was sent, in samples of the seeker's rate
   * @param sharpness the correlation's highest peak over the next one; below about 1.5 there is no echo to be seen
   */
  delayFound(lag: number, sharpness: number): void;
}

/**
 * Looks for the echo's bulk delay, 0 to 920 ms, for all calls of an audio thread: one after the other, a little each
 * tick, in one scratch slot.
 */
export class EchoDelaySearch {
  readonly #kernels: KernelExports;
  readonly #slot: number;
  readonly #giveBack: () => void;
  readonly #waiting: DelaySeeker[] = [];
  #current: DelaySeeker | undefined;

  /** @throws RangeError when the memory has no `delaySearch` slot left */
  constructor(memory: KernelMemory) {
    const { address, giveBack } = openSlot(memory, 'delaySearch');
    this.#kernels = memory.kernels;
    this.#slot = address;
    this.#giveBack = giveBack;
    this.#kernels.openDelaySearch(address);
  }

  /** Asks for a search; the answer comes from a later tick. Asking twice is asking once. */
  request(seeker: DelaySeeker): void {
    if (seeker !== this.#current && !this.#waiting.includes(seeker)) this.#waiting.push(seeker);
  }

  /** The seeker is no longer there to be told. */
  withdraw(seeker: DelaySeeker): void {
    if (this.#current === seeker) this.#current = undefined;
    const at = this.#waiting.indexOf(seeker);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** To be called once every 10 ms. */
  tick(): void {
    const current = this.#current;
    if (current === undefined) this.#begin();
    else if (this.#isDone()) {
      this.#current = undefined;
      current.delayFound(this.#kernels.foundDelay(this.#slot), this.#kernels.foundSharpness(this.#slot));
    }
  }

  close(): void {
    this.#waiting.length = 0;
    this.#current = undefined;
    this.#giveBack();
  }

  #begin(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#current = next;
    this.#kernels.beginDelaySearch(this.#slot, next.address, next.heardMs);
  }

  #isDone(): boolean {
    for (let step = 0; step < STEPS_PER_TICK; step += 1) {
      // A bool of AssemblyScript: 0 or 1.
      if (this.#kernels.stepDelaySearch(this.#slot) !== 0) return true;
    }
    return false;
  }
}
