import { FRAME_MS } from '../frame.ts';
import type { KernelFrame } from '../kernels/kernel_frame.ts';

/** An echo that is there is found after so much of the far end's voice. */
const FOUND_WITHIN_MS = 1200;
/** Most are heard sooner: after so much that is heard without one, it is not likely. */
const HEARD_WITHIN_MS = 700;
/** What is heard is without one when it is so much softer than one may be. */
const WITHOUT_BELOW_DB = 12;
/** Frames that are softer, in dB of full scale, leave no echo to speak of. */
const LEAST_DB = -50;
/** What was sent may come back so much weaker, and for as long as its loudest frames take to fall away: 20 dB a second. */
const LOSS_DB = 13;
const FALL_DB = (20 * FRAME_MS) / 1000;

/** How loud an echo may be that nobody knows anything of yet: whether there is one, where, and how loud. */
export class UnknownEcho {
  #leftMs = FOUND_WITHIN_MS;
  #farDb = -Infinity;
  #withoutMs = 0;

  /** In dB of full scale; −∞ once an echo would have been found. */
  get mostDb(): number {
    return this.#leftMs > 0 ? this.#farDb - LOSS_DB : -Infinity;
  }

  /** The same, but −∞ as well once most echoes would have been heard. */
  get likelyDb(): number {
    return this.#withoutMs < HEARD_WITHIN_MS ? this.mostDb : -Infinity;
  }

  /** Takes the frame that was heard after what was sent. */
  heard({ samples }: KernelFrame): void {
    if (this.#leftMs <= 0 || this.mostDb < LEAST_DB) return;
    if (levelOf(samples) < this.mostDb - WITHOUT_BELOW_DB) this.#withoutMs += FRAME_MS;
  }

  /** Takes the next frame that was sent. */
  sent({ samples }: KernelFrame): void {
    if (this.#leftMs <= 0) return;
    const levelDb = levelOf(samples);
    if (levelDb >= LEAST_DB) this.#leftMs -= FRAME_MS;
    this.#farDb -= FALL_DB;
    // What is no number is no level, either.
    if (levelDb > this.#farDb) this.#farDb = levelDb;
  }

  reset(): void {
    this.#leftMs = FOUND_WITHIN_MS;
    this.#farDb = -Infinity;
    this.#withoutMs = 0;
  }
}

/** In dB of full scale. */
function levelOf(samples: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i += 1) energy += samples[i]! * samples[i]!;
  return 10 * Math.log10(energy / samples.length);
}
