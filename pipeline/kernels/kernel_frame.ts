import { type Frame, frameLength, type PipelineRateHz } from '../frame.ts';
import type { KernelMemory } from './kernel_memory.ts';
import { openSlot } from './open_slot.ts';

/** A frame whose samples lie in the kernel memory, so that kernels work on them in place. */
export class KernelFrame implements Frame {
  readonly samples: Float32Array;
  readonly rateHz: PipelineRateHz;
  /** Of the first sample, for the kernels of the same memory. */
  readonly address: number;
  sequence = 0;
  mediaTime = 0;
  concealed = false;
  heldBackMs = 0;
  readonly #giveBack: () => void;

  /** @throws RangeError when the memory has no slot left for it */
  constructor(memory: KernelMemory, rateHz: PipelineRateHz) {
    const { address, giveBack } = openSlot(memory, 'frame');
    this.address = address;
    this.rateHz = rateHz;
    this.samples = new Float32Array(memory.buffer, address, frameLength(rateHz));
    this.#giveBack = giveBack;
  }

  /** Gives the slot back; the samples are nobody's afterwards. Safe to call twice. */
  close(): void {
    this.#giveBack();
  }
}
