/** What was sent and heard during the last seconds, as 16-bit samples in rings, and the far end's spectra from there. */

import { hissAt, PRE_EMPHASIS } from './echo_hiss.ts';
import { Echo, FAR_RING, FAR_SAMPLES, FAR_SPECTRA, NEAR_RING, NEAR_SAMPLES, pairBytes } from './echo_slot.ts';
import { forward, rowBytes } from './fft.ts';
import { add, mul, product, splat, sub, total } from './vector.ts';

/** Two frames before they are transformed. */
const FRAMES = memory.data(320 * 4, 16);

/** Takes note of a frame that was sent, and tells its energy. */
export function rememberFar(slot: usize, echo: Echo, samples: usize): f32 {
  const ring = slot + FAR_SAMPLES;
  const at = (<usize>echo.farAt) << 1;
  const bytes = (<usize>echo.frame) << 1;
  const energy = narrow(samples, ring + at, echo.frame);
  // What lies at the ring's beginning lies behind its end, too.
  if (at < 3 * bytes) memory.copy(ring + <usize>FAR_RING * 2 + at, ring + at, bytes);
  echo.farAt = echo.farAt + echo.frame === FAR_RING ? 0 : echo.farAt + echo.frame;
  return energy;
}

/** Takes note of a frame that was heard. */
export function rememberNear(slot: usize, echo: Echo, samples: usize): void {
  narrow(samples, slot + NEAR_SAMPLES + ((<usize>echo.nearAt) << 1), echo.frame);
  echo.nearAt = echo.nearAt + echo.frame === NEAR_RING ? 0 : echo.nearAt + echo.frame;
}

/** To 16 bits; what is no number is silence. The energy is that of the samples, full scale 1. */
function narrow(from: usize, to: usize, samples: i32): f32 {
  const scale = splat(32768);
  let sums = splat(0);
  const bytes = (<usize>samples) << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(mul(v128.load(from + at), scale)));
    const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(mul(v128.load(from + at, 16), scale)));
    const both = i16x8.narrow_i32x4_s(a, b);
    v128.store(to + (at >> 1), both);
    const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
    const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
    sums = add(sums, add(mul(low, low), mul(high, high)));
  }
  return total(sums) / (32768 * 32768);
}

/**
 * Transforms the far end's newest two frames, as the filter's first partition is to meet them; the energy is the newer
 * one's.
 */
export function transformNewest(slot: usize, echo: Echo): f32 {
  echo.newest = echo.newest === 0 ? echo.partitions - 1 : echo.newest - 1;
  transformFar(slot, echo, 0, slot + FAR_SPECTRA + <usize>echo.newest * pairBytes(echo));
  const newer = FRAMES + ((<usize>echo.frame) << 2);
  return product(newer, newer, echo.frame);
}

/** Transforms all that the filter reaches: after a pause, or with another delay or length. */
export function transformAll(slot: usize, echo: Echo): void {
  echo.newest = 0;
  for (let partition = echo.partitions - 1; partition >= 0; partition--) {
    transformFar(slot, echo, partition, slot + FAR_SPECTRA + <usize>partition * pairBytes(echo));
  }
}

/** The two frames that partition `partition` meets now, or is to meet if it is less than 0, to `spectrum`. */
export function transformFar(slot: usize, echo: Echo, partition: i32, spectrum: usize): void {
  const n = echo.frame;
  let first = echo.farAt - echo.delay - (partition + 2) * n;
  // The pre-emphasis wants one sample more, in front: never the ring's first ones, but their mirror.
  if (first <= 0) first += FAR_RING;
  // The pre-emphasis wants one sample more, in front; the first of all goes without.
  const ring = slot + FAR_SAMPLES;
  const from = ring + ((<usize>first) << 1);
  const scale = splat(1.0 / 32768.0);
  const emphasis = splat(PRE_EMPHASIS / 32768.0);
  const bytes = (<usize>n) << 3;
  for (let at: usize = 0; at < bytes; at += 16) {
    const now = f32x4.convert_i32x4_s(v128.load16x4_s(from + (at >> 1)));
    const last = f32x4.convert_i32x4_s(v128.load16x4_s(from - 2 + (at >> 1)));
    v128.store(FRAMES + at, add(sub(mul(now, scale), mul(last, emphasis)), hissAt(at)));
  }
  forward(n, FRAMES, spectrum, spectrum + rowBytes(n));
}
