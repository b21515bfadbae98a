/** From here on a sample counts as clipped: the outermost values of µ-law and A-law lie at 0.980 and 0.984. */
const CLIPPED = 0.98;
/** Frames so much weaker than the loudest, by power, are pauses: 20 dB. */
const ACTIVE_SHARE = 0.01;

/** Levels of one side's frames over a stretch of time. */
export class FrameLevels {
  /** Mean square of each frame. */
  readonly #powers: Float64Array;
  #frames = 0;
  #loudest = 0;
  #peak = 0;
  #clipped = 0;

  /** @param frames the most that it takes until it is cleared */
  constructor(frames: number) {
    this.#powers = new Float64Array(frames);
  }

  /** Says the frame's mean square, full scale 1; what is no number counts as silence. */
  add(samples: Float32Array): number {
    let energy = 0;
    let peak = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const size = Math.abs(samples[i]!);
      energy += size * size;
      if (size > peak) peak = size;
      if (size >= CLIPPED) this.#clipped += 1;
    }
    const power = Number.isFinite(energy) && samples.length > 0 ? energy / samples.length : 0;
    this.#peak = Math.max(this.#peak, Math.min(1, peak));
    this.#loudest = Math.max(this.#loudest, power);
    if (this.#frames < this.#powers.length) this.#powers[this.#frames] = power;
    this.#frames += 1;
    return power;
  }

  clear(): void {
    this.#frames = 0;
    this.#loudest = 0;
    this.#peak = 0;
    this.#clipped = 0;
  }

  /** Mean square of the loudest frame. */
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
