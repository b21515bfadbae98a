import type { Frame } from './frame.ts';
import type { KernelFrame } from './kernels/kernel_frame.ts';

/**
 * One step of the uplink or the downlink. A stage belongs to one call, works in place and must not
 * allocate, await, log or throw in `process`. Those that need no kernel take any frame.
 */
export interface Stage<F extends Frame = KernelFrame> {
  readonly name: string;
  /** By how much what comes out lies behind what goes in, in milliseconds; not at all when left out. */
  readonly delayMs?: number;
  process(frame: F): void;
  /** Forgets what it heard, as after a hold or a change of line. */
  reset(): void;
  /** Gives back what it holds; `process` is not called afterwards. */
  close(): void;
}
