import { frameLength, type PipelineRateHz } from '../frame.ts';
import type { KernelExports } from './kernel_exports.ts';
import type { KernelMemory } from './kernel_memory.ts';
import { openSlot } from './open_slot.ts';

/** Of rooms: the pipeline knows no higher one. */
export const ROOM_RATE_HZ = 48_000;

/**
 * Takes frames of 10 ms from the pipeline's rate to a room's, or back, with mirrors 80 dB down; either is 18 samples of
 * the lower rate late. The caller writes `input`, calls `convert`, and reads `output`. Nothing here allocates or throws,
 * but the constructor.
 */
export class RoomRate {
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly #kernels: KernelExports;
  readonly #slot: number;
  readonly #giveBack: () => void;
  readonly #isRaised: boolean;
  readonly #factor: number;
  /** Of a frame at the lower rate. */
  readonly #samples: number;
  #isOpen = true;

  /**
   * @param direction `toRoom` from `rateHz` to 48 kHz, or `fromRoom`
   * @throws RangeError when the memory has no `rate` slot left
   */
  constructor(memory: KernelMemory, rateHz: PipelineRateHz, direction: 'toRoom' | 'fromRoom') {
    const { kernels, buffer } = memory;
    const { address, giveBack } = openSlot(memory, 'rate');
    this.#kernels = kernels;
    this.#slot = address;
    this.#giveBack = giveBack;
    this.#isRaised = direction === 'toRoom';
    this.#factor = ROOM_RATE_HZ / rateHz;
    this.#samples = frameLength(rateHz);
    const [low, high] = [this.#samples, this.#samples * this.#factor];
    const inputAt = address + kernels.rateInput(this.#factor, this.#isRaised ? 1 : 0);
    this.input = new Float32Array(buffer, inputAt, this.#isRaised ? low : high);
    this.output = new Float32Array(buffer, address + kernels.RATE_OUTPUT.value, this.#isRaised ? high : low);
  }

  /** Makes `output` of `input`. */
  convert(): void {
    if (!this.#isOpen) return;
    if (this.#isRaised) this.#kernels.raiseRate(this.#slot, this.#factor, this.#samples);
    else this.#kernels.reduceRate(this.#slot, this.#factor, this.#samples);
  }

  /** Gives the slot back; input and output are nobody's afterwards. Safe to call twice. */
  close(): void {
    this.#isOpen = false;
    this.#giveBack();
  }
}
