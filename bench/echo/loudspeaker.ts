import type { PipelineRateHz } from '../../pipeline/frame.ts';

/** Where the cone's own resonance lies, and how sharp it is. */
const RESONANCE_HZ = 450;
const QUALITY = 1.4;
/** How much force is lost where the cone is furthest out. */
const FORCE_LOSS = 0.35;

/**
 * A small loudspeaker driven too hard: the force falls where the cone is far out, which depends on what was played
 * before, and the amplifier clips softly. For speech at −24 dBFS, a `drive` of 4 leaves what is new 18 to 23 dB below the
 * speech, one of 8 13 to 15 dB.
 */
export function overdrive(signal: Float32Array, rateHz: PipelineRateHz, drive: number): Float32Array {
  const angle = (2 * Math.PI * RESONANCE_HZ) / rateHz;
  const width = Math.sin(angle) / (2 * QUALITY);
  const [a1, a2] = [(-2 * Math.cos(angle)) / (1 + width), (1 - width) / (1 + width)];
  const b = (1 - Math.cos(angle)) / 2 / (1 + width);
  let [x1, x2, excursion, before] = [0, 0, 0, 0];
  return signal.map(x => {
    // A second-order low-pass (R. Bristow-Johnson's cookbook).
    const next = b * (x + 2 * x1 + x2) - a1 * excursion - a2 * before;
    [x2, x1, before, excursion] = [x1, x, excursion, next];
    const out = Math.min(1, (drive * excursion) ** 2);
    return Math.tanh(drive * x * (1 - FORCE_LOSS * out)) / drive;
  });
}
