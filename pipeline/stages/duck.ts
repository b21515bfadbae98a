import type { Frame, PipelineRateHz } from '../frame.ts';
import { type BargeInPolicy, DEFAULT_PIPELINE_POLICY } from '../policy.ts';
import type { Stage } from '../stage.ts';

/** Time constants: 12 of 14 dB are reached within 7 ms, the full voice is back within 150 ms. */
const DOWN_MS = 1.5;
const UP_MS = 30;
/** So near to where it is to be, the gain is there. */
const NEAR = 1e-4;

/**
 * Lowers the agent's voice while the caller may be about to speak, and raises it again. The gain follows by two equal
 * one-pole filters, one behind the other: neither it nor its slope ever jumps, whenever it is told something else, and
 * so nothing clicks.
 */
export class Duck implements Stage<Frame> {
  readonly name = 'duck';
  readonly #downShare: number;
  readonly #upShare: number;
  #policy: BargeInPolicy;
  #isLow = false;
  #target = 1;
  /** Behind the first filter, and behind both. */
  #following = 1;
  #gain = 1;

  constructor(rateHz: PipelineRateHz, policy: BargeInPolicy = DEFAULT_PIPELINE_POLICY.bargeIn) {
    this.#downShare = 1 - Math.exp(-1000 / (DOWN_MS * rateHz));
    this.#upShare = 1 - Math.exp(-1000 / (UP_MS * rateHz));
    this.#policy = policy;
  }

  /** Holds at once, also for a voice that is low now. */
  tune(policy: BargeInPolicy): void {
    this.#policy = policy;
    this.#aim();
  }

  lower(): void {
    this.#isLow = true;
    this.#aim();
  }

  raise(): void {
    this.#isLow = false;
    this.#aim();
  }

  process({ samples }: Frame): void {
    if (this.#gain !== this.#target || this.#following !== this.#target) this.#glide(samples);
    else if (this.#gain !== 1)
      for (let i = 0; i < samples.length; i += 1) samples[i] = samples[i]! * this.#gain;
  }

  #glide(samples: Float32Array): void {
    const target = this.#target;
    const share = target < this.#gain ? this.#downShare : this.#upShare;
    let following = this.#following;
    let gain = this.#gain;
    for (let i = 0; i < samples.length; i += 1) {
      following += (target - following) * share;
      gain += (following - gain) * share;
      samples[i] = samples[i]! * gain;
    }
    const isThere = Math.abs(target - following) < NEAR && Math.abs(target - gain) < NEAR;
    this.#following = isThere ? target : following;
    this.#gain = isThere ? target : gain;
  }

  #aim(): void {
    const { duck, duckDb } = this.#policy;
    this.#target = this.#isLow && duck ? 10 ** (-duckDb / 20) : 1;
  }

  /** At full voice at once. */
  reset(): void {
    this.#isLow = false;
    this.#target = 1;
    this.#following = 1;
    this.#gain = 1;
  }

  close(): void {}
}
