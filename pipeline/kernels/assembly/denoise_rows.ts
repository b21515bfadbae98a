/** Rows of the frame at hand, shared by all slots, and what is asked of several of them. */
import { add, mul, splat } from './vector.ts';

/** What keeps quotients of powers finite: 150 dB below a sine of full scale. */
export const TINY: f32 = 1e-12;

/** A row with room for a neighbour on either side. */
const EDGED: i32 = 16 + 164 * 4 + 16;

export const POWER = memory.data(EDGED, 16) + 16;
/** Probability that a bin holds speech, by the last frame's noise. */
export const PRESENCE = memory.data(EDGED, 16) + 16;
/** Speech over noise, as expected before looking at the power. */
export const PRIOR = memory.data(EDGED, 16) + 16;
export const AROUND = memory.data(EDGED, 16) + 16;

/** Repeats the first and the last of bins 0…n beyond them. */
export function repeatEdges(row: usize, n: i32): void {
  const last = row + ((<usize>n) << 2);
  store<f32>(row - 4, load<f32>(row));
  store<f32>(last + 4, load<f32>(last));
}

/** Four bins of a row with edges, smoothed over their neighbours by ¼, ½, ¼. */
export function smoothed(at: usize): v128 {
  const sides = add(v128.load(at - 4), v128.load(at + 4));
  return add(mul(splat(0.5), v128.load(at)), mul(splat(0.25), sides));
}

/** e to the power of −x for x ≥ 0, from 40 on as for 40; right to 0.2 % down to e⁻⁴. */
export function decay(x: v128): v128 {
  const y = mul(splat(0.125), f32x4.min(x, splat(40)));
  const cubic = add(splat(<f32>(1.0 / 6.0)), mul(y, splat(<f32>(1.0 / 24.0))));
  const series = add(splat(1), mul(y, add(splat(1), mul(y, add(splat(0.5), mul(y, cubic))))));
  const root = f32x4.div(splat(1), series);
  const half = mul(root, root);
  const most = mul(half, half);
  return mul(most, most);
}
