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

const HALF_BAND_TAPS = 63;

/** Low-pass at 3.6 kHz (windowed sinc, Blackman) for 16 → 8 kHz. */
const HALF_BAND = Float64Array.from({ length: HALF_BAND_TAPS }, (_, at) => {
  const middle = (HALF_BAND_TAPS - 1) / 2;
  const phase = (2 * Math.PI * at) / (HALF_BAND_TAPS - 1);
  const window = 0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase);
  const cutoff = 3_600 / 16_000;
  const angle = 2 * Math.PI * cutoff * (at - middle);
  return window * (at === middle ? 2 * cutoff : (2 * cutoff * Math.sin(angle)) / angle);
});

/** 16 → 8 kHz, without delay. */
export function halveRate(pcm: Int16Array): Int16Array {
  const half = (HALF_BAND_TAPS - 1) / 2;
  const out = new Int16Array(Math.floor(pcm.length / 2));
  for (let to = 0; to < out.length; to++) {
    let sum = 0;
    for (let tap = 0; tap < HALF_BAND_TAPS; tap++) {
      sum += HALF_BAND[tap]! * (pcm[2 * to + tap - half] ?? 0);
    }
    out[to] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}
