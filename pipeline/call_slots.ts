import type { SlotCounts } from './kernels/kernel_memory.ts';
import { VOICE_BATCHES } from './voice_judge.ts';

/** What so many calls need of the kernel memory, and so many legs by RTP, their own ones among them. */
export function callSlots(calls: number, legs: number): SlotCounts {
  return {
    leg: legs,
    frame: 2 * calls,
    echo: calls,
    delaySearch: 1,
    denoise: calls,
    // Each may be in a room as well.
    rate: 2 * legs,
    voice: calls,
    voiceBatch: VOICE_BATCHES,
  };
}
