import type { Frame, PipelineRateHz } from '../frame.ts';
import { type ComfortNoisePolicy, DEFAULT_PIPELINE_POLICY } from '../policy.ts';
import type { Stage } from '../stage.ts';

/**
 * Between these it falls by about 6 dB an octave, much as the noise of rooms does (Hoth's, ITU-T P.800, Annex B); below
 * it is level, without rumble. So it sounds alike at both rates.
 */
const LOW_HZ = 120;
const HIGH_HZ = 500;
/** What the filters answer to lasts no longer. */
const SETTLING_S = 0.05;
/** From 32 bits to ±1. */
const UNIT = 2 ** -31;
const SCRAMBLE = 0x9e3779b1;

/**
 * Soft noise where the caller would hear digital silence, so that the line does not sound dead while nobody speaks. It
 * gives way, within a frame, to whatever is louder than itself. It belongs to no speech: stages before it, and all who
 * ask them, know nothing of it.
 */
export class ComfortNoise implements Stage<Frame> {
  readonly name = 'comfort noise';
  readonly #lowShare: number;
  readonly #highShare: number;
  /** What brings it to full scale, root mean square. */
  readonly #scale: number;
  readonly #seed: number;
  #state: number;
  #smooth = 0;
  #rumble = 0;
  #level = 0;
  #gain = 0;

  /** The same `seed` makes the same noise. */
  constructor(
    rateHz: PipelineRateHz,
    policy: ComfortNoisePolicy = DEFAULT_PIPELINE_POLICY.comfortNoise,
    seed = 1,
  ) {
    this.#highShare = 1 - Math.exp((-2 * Math.PI * HIGH_HZ) / rateHz);
    this.#lowShare = 1 - Math.exp((-2 * Math.PI * LOW_HZ) / rateHz);
    this.#scale = 1 / shapedRms(this.#highShare, this.#lowShare, SETTLING_S * rateHz);
    this.#seed = Math.imul(seed, SCRAMBLE) | 1;
    this.#state = this.#seed;
    this.tune(policy);
  }

  /** Takes effect over the next frame. */
  tune({ enabled, levelDb }: ComfortNoisePolicy): void {
    this.#level = enabled ? 10 ** (levelDb / 20) : 0;
  }

  process({ samples }: Frame): void {
    const wanted = this.#isQuiet(samples) ? this.#level * this.#scale : 0;
    if (wanted !== 0 || this.#gain !== 0) this.#add(samples, wanted);
  }

  #isQuiet(samples: Float32Array): boolean {
    let energy = 0;
    for (let i = 0; i < samples.length; i += 1) energy += samples[i]! * samples[i]!;
    return energy < this.#level * this.#level * samples.length;
  }

  /** Xorshift (Marsaglia, 2003), shaped; the gain leads to the one that is wanted. */
  #add(samples: Float32Array, wanted: number): void {
    const step = (wanted - this.#gain) / samples.length;
    let gain = this.#gain;
    let state = this.#state;
    let smooth = this.#smooth;
    let rumble = this.#rumble;
    for (let i = 0; i < samples.length; i += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      smooth += (state * UNIT - smooth) * this.#highShare;
      rumble += (smooth - rumble) * this.#lowShare;
      gain += step;
      samples[i] = samples[i]! + gain * (smooth - rumble);
    }
    this.#gain = wanted;
    this.#state = state;
    this.#smooth = smooth;
    this.#rumble = rumble;
  }

  reset(): void {
    this.#state = this.#seed;
    this.#smooth = 0;
    this.#rumble = 0;
    this.#gain = 0;
  }

  close(): void {}
}

/** Root mean square of uniform noise, which has a third of full power, behind both filters: their impulse response's. */
function shapedRms(highShare: number, lowShare: number, samples: number): number {
  let smooth = highShare;
  let rumble = smooth * lowShare;
  let energy = (smooth - rumble) ** 2;
  for (let i = 1; i < samples; i += 1) {
    smooth -= smooth * highShare;
    rumble += (smooth - rumble) * lowShare;
    energy += (smooth - rumble) ** 2;
  }
  return Math.sqrt(energy / 3);
}
