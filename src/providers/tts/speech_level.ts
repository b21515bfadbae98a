import { resample } from '../../../pipeline/resample.ts';

/** Frames in which activity is judged, 10 ms. */
const FRAMES_PER_SECOND = 100;
/** Frames this far below the loudest one are pauses. */
const ACTIVITY_RANGE_DB = 35;
const PEAK_LIMIT = 0.89 * 32_767;

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
  const frame = rateHz / FRAMES_PER_SECOND;
  const powers: number[] = [];
  let peak = 0;
  for (let start = 0; start + frame <= pcm.length; start += frame) {
    let energy = 0;
    for (let at = start; at < start + frame; at++) {
      energy += pcm[at]! * pcm[at]!;
      peak = Math.max(peak, Math.abs(pcm[at]!));
    }
    powers.push(energy / frame);
  }
  const threshold =
    powers.reduce((most, power) => Math.max(most, power), 0) * 10 ** (-ACTIVITY_RANGE_DB / 10);
  const active = powers.filter(power => power > threshold);
  const mean = active.reduce((sum, power) => sum + power, 0) / (active.length || 1);
  return { activeRms: Math.sqrt(mean), peak };
}

/** The same speech at another rate, without delay. */
export function atRate(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return pcm;
  const samples = resample(Float32Array.from(pcm), fromHz, toHz);
  return Int16Array.from(samples, sample => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}
