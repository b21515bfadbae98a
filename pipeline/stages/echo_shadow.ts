import type { PipelineRateHz } from '../frame.ts';
import type { KernelExports } from '../kernels/kernel_exports.ts';
import { KernelFrame } from '../kernels/kernel_frame.ts';
import type { KernelMemory } from '../kernels/kernel_memory.ts';
import { openSlot } from '../kernels/open_slot.ts';
import type { EchoCanceller } from './echo_canceller.ts';

/**
 * Does to the echo alone and to the near end alone what a canceller has just done to both, so that one can measure what
 * is left of the one and what is lost of the other. Follows one canceller, frame by frame.
 */
export class EchoShadow {
  /** What is left of the echo, a frame late as the canceller's output is. */
  readonly residual: Float32Array;
  /** What has become of the near end. */
  readonly near: Float32Array;
  readonly #kernels: KernelExports;
  readonly #echoFrame: KernelFrame;
  readonly #nearFrame: KernelFrame;
  readonly #echoSlot: number;
  readonly #nearSlot: number;
  readonly #giveBack: readonly (() => void)[];

  /** @throws RangeError when the memory has no two `echoShadow` and two `frame` slots left */
  constructor(memory: KernelMemory, rateHz: PipelineRateHz) {
    const echo = openSlot(memory, 'echoShadow');
    const near = openSlot(memory, 'echoShadow');
    this.#kernels = memory.kernels;
    this.#echoSlot = echo.address;
    this.#nearSlot = near.address;
    this.#giveBack = [echo.giveBack, near.giveBack];
    this.#echoFrame = new KernelFrame(memory, rateHz);
    this.#nearFrame = new KernelFrame(memory, rateHz);
    this.residual = this.#echoFrame.samples;
    this.near = this.#nearFrame.samples;
  }

  /** After `canceller.process`: a frame of each component of what it was given. Answers in `residual` and `near`. */
  process(canceller: EchoCanceller, echoOnly: Float32Array, nearOnly: Float32Array): void {
    this.residual.set(echoOnly);
    this.near.set(nearOnly);
    this.#kernels.shadowEcho(this.#echoSlot, canceller.address, this.#echoFrame.address, 1);
    this.#kernels.shadowEcho(this.#nearSlot, canceller.address, this.#nearFrame.address, 0);
  }

  close(): void {
    for (const giveBack of this.#giveBack) giveBack();
    this.#echoFrame.close();
    this.#nearFrame.close();
  }
}
