import { resample } from '../../../pipeline/resample.ts';

/** Frames in which activity is judged, 10 ms. */
const FRAMES_PER_SECOND = 100;
/** Frames this far below the loudest one are pauses. */
const ACTIVITY_RANGE_DB = 35;
export const PEAK_LIMIT = 0.89 * 32_767;

/**
 * Brings speech to an active level in dBFS RMS (pauses do not count, after ITU-T P.56) in place, never beyond −1 dBFS
 * peak.
 */
export function normalizeLevel(pcm: Int16Array, rateHz: number, levelDbfs: number): void {
  const { activeRms, peak } = measureLevel(pcm, rateHz);
  if (activeRms === 0) return;
  const wanted = (10 ** (levelDbfs / 20) * 32_768) / activeRms;
  const gain = Math.min(wanted, PEAK_LIMIT / peak);
  for (let at = 0; at < pcm.length; at++) pcm[at] = Math.round(pcm[at]! * gain);
}

/** RMS of the frames with speech and the largest sample, both on the scale of 16-bit samples. */
export function measureLevel(pcm: Int16Array, rateHz: number): { activeRms: number; peak: number } {
  const meter = new LevelMeter(rateHz);
  meter.add(pcm);
  return { activeRms: meter.activeRms, peak: meter.peak };
}

/** Measures speech as it comes, in pieces of any length. */
export class LevelMeter {
  readonly #frame: number;
  readonly #powers: number[] = [];
  #energy = 0;
  #count = 0;
  #peak = 0;

  constructor(rateHz: number) {
    this.#frame = rateHz / FRAMES_PER_SECOND;
  }

  add(pcm: Int16Array): void {
    for (const sample of pcm) {
      this.#peak = Math.max(this.#peak, Math.abs(sample));
      this.#energy += sample * sample;
      this.#count += 1;
      if (this.#count < this.#frame) continue;
      this.#powers.push(this.#energy / this.#frame);
      this.#energy = 0;
      this.#count = 0;
    }
  }

  /** The largest sample so far. */
  get peak(): number {
    return this.#peak;
  }

  /** RMS of the frames with speech so far, on the scale of 16-bit samples. */
  get activeRms(): number {
    const active = this.#active();
    return Math.sqrt(active.reduce((sum, power) => sum + power, 0) / (active.length || 1));
  }

  /** Milliseconds with speech so far. */
  get activeMs(): number {
    return (this.#active().length * 1000) / FRAMES_PER_SECOND;
  }

  #active(): number[] {
    const loudest = this.#powers.reduce((most, power) => Math.max(most, power), 0);
    return this.#powers.filter(power => power > loudest * 10 ** (-ACTIVITY_RANGE_DB / 10));
  }
}

/** The same speech at another rate, without delay. */
export function atRate(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return pcm;
  const samples = resample(Float32Array.from(pcm), fromHz, toHz);
  return Int16Array.from(samples, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}
