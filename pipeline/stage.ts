import type { Frame } from './frame.ts';

/**
 * One step of the uplink or the downlink. A stage belongs to one call, works in place and must not
 * allocate, await, log or throw in `process`.
 */
export interface Stage {
  readonly name: string;
  process(frame: Frame): void;
  /** Forgets what it heard, as after a hold or a change of line. */
  reset(): void;
  /** Gives back what it holds; `process` is not called afterwards. */
  close(): void;
}
