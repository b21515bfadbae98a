/** From here on a sample counts as clipped: the outermost values of µ-law and A-law lie at 0.980 and 0.984. */
const CLIPPED = 0.98;
/** Frames so much weaker than the loudest, by power, are pauses: 20 dB. */
const ACTIVE_SHARE = 0.01;

/** Levels of one side's frames over a stretch of time. */
export class FrameLevels {
  /** Mean square of each frame. */
  readonly #powers: Float64Array;
  #power = 0;
  #frames = 0;
  #loudest = 0;
  #peak = 0;
  #clipped = 0;

  /** @param frames the most that it takes until it is cleared */
  constructor(frames: number) {
    this.#powers = new Float64Array(frames);
  }

  /** A frame of even length; one with what is no number counts as silent. */
  add(samples: Float32Array): void {
    const { length } = samples;
    // Two sums, of which neither waits for the other.
    let even = 0;
    let odd = 0;
    let most = 0;
    let least = 0;
    for (let i = 0; i + 1 < length; i += 2) {
      const first = samples[i]!;
      const second = samples[i + 1]!;
      even += first * first;
      odd += second * second;
      if (first > most) most = first;
      if (first < least) least = first;
      if (second > most) most = second;
      if (second < least) least = second;
    }
    const energy = even + odd;
    const power = Number.isFinite(energy) && length > 0 ? energy / length : 0;
    const peak = Math.max(most, -least);
    if (peak >= CLIPPED) this.#countClipped(samples);
    this.#peak = Math.max(this.#peak, Math.min(1, peak));
    this.#loudest = Math.max(this.#loudest, power);
    if (this.#frames < this.#powers.length) this.#powers[this.#frames] = power;
    this.#frames += 1;
    this.#power = power;
  }

  #countClipped(samples: Float32Array): void {
    for (let i = 0; i < samples.length; i += 1) if (Math.abs(samples[i]!) >= CLIPPED) this.#clipped += 1;
  }

  clear(): void {
    this.#frames = 0;
    this.#loudest = 0;
    this.#peak = 0;
    this.#clipped = 0;
  }

  /** Mean square of the newest frame, full scale 1. */
  get power(): number {
    return this.#power;
  }

  /** And of the loudest. */
  get loudest(): number {
    return this.#loudest;
  }

  get clipped(): number {
    return this.#clipped;
  }

  /** Level over the frames that are no pauses, in dB of full scale; −∞ for silence. */
  get activeDb(): number {
    const count = Math.min(this.#frames, this.#powers.length);
    const least = this.#loudest * ACTIVE_SHARE;
    let energy = 0;
    let active = 0;
    for (let i = 0; i < count; i += 1) {
      const power = this.#powers[i]!;
      if (power < least) continue;
      energy += power;
      active += 1;
    }
    return 10 * Math.log10(energy / active);
  }

  get peakDb(): number {
    return 20 * Math.log10(this.#peak);
  }
}
