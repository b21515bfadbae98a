/**
 * The linear part: a partitioned-block frequency-domain Kalman filter, overlap-save, one block per frame, with one
 * variance per bin and partition (after Enzner and Vary, 2006, and Kuech, Mabande and Enzner, 2014).
 */
import {
  BAND_BYTES,
  DOUBT,
  Echo,
  FAR_SPECTRA,
  FILTERS,
  GOOD_FILTERS,
  NEAR_POWER,
  pairBytes,
  VARIANCES,
} from './echo_slot.ts';
import { forward, inverse, rowBytes } from './fft.ts';
import { add, mul, splat, sub } from './vector.ts';

/** From frame to frame, the path is taken to stay what it is but for so much (square of the transition factor). */
const KEPT: f32 = 0.99900025;
/** Smoothing of the near end's power. */
const NEAR_SMOOTHING: f32 = 0.75;
/** Uncertainty at first: each partition has so much of the one before; all together twice the echo's gain. */
const DECAY: f32 = 0.85;
const BOOST: f32 = 3;
/** An echo's gain is never taken to be more than −10 dB at first, since that talker may be the near one. */
const MOST_GAIN: f32 = 0.1;
const LEAST_GAIN: f32 = 2e-3;
/** Variance of a restored filter, as a part of its power. */
const RESTORED_DOUBT: f32 = 0.1;

/** Of the frame in hand: near end, error and echo estimate as samples, spectrum of the error, filter's uncertainty. */
export const NEAR = memory.data(160 * 4, 16);
export const ERROR = memory.data(160 * 4, 16);
export const ESTIMATE = memory.data(160 * 4, 16);
export const UNCERTAINTY = memory.data(164 * 4, 16);
const ERROR_RE = memory.data(164 * 4, 16);
const ERROR_IM = memory.data(164 * 4, 16);
const ESTIMATE_RE = memory.data(164 * 4, 16);
const ESTIMATE_IM = memory.data(164 * 4, 16);
const FRAMES = memory.data(320 * 4, 16);

/** Knows nothing, and learns nothing until it is seeded. */
export function clearFilter(slot: usize, echo: Echo): void {
  const pairs = <usize>echo.partitions * pairBytes(echo);
  memory.fill(slot + FILTERS, 0, pairs);
  memory.fill(slot + VARIANCES, 0, pairs / 2);
}

/** Takes over a filter that was good before; it may be off by a little. */
export function restoreFilter(slot: usize, echo: Echo): void {
  const row = rowBytes(echo.frame);
  const pairs = <usize>echo.partitions * pairBytes(echo);
  memory.copy(slot + FILTERS, slot + GOOD_FILTERS, pairs);
  let filter = slot + FILTERS;
  let variances = slot + VARIANCES;
  for (const end = filter + pairs; filter < end; filter += row + row) {
    for (let k: usize = 0; k < row; k += 16) {
      const re = v128.load(filter + k);
      const im = v128.load(filter + k + row);
      v128.store(variances + k, mul(splat(RESTORED_DOUBT), add(mul(re, re), mul(im, im))));
    }
    variances += row;
  }
}

/**
 * Gives the filter the uncertainty from which it learns. Between frames only: an update needs the sums that were made
 * from the very same variances.
 */
export function seedFilter(slot: usize, echo: Echo): void {
  const partitions = echo.partitions;
  const seen = max<f32>(LEAST_GAIN, min<f32>(MOST_GAIN, echo.near / (echo.far + 1e-9)));
  let shares: f32 = 0;
  for (let partition = 0, share: f32 = 1; partition < partitions; partition++, share *= DECAY)
    shares += share;
  let variance = (seen * BOOST) / shares;
  const row = rowBytes(echo.frame);
  for (let partition: usize = 0; partition < <usize>partitions; partition++) {
    const variances = slot + VARIANCES + partition * row;
    for (let at: usize = 0; at < row; at += 16) v128.store(variances + at, splat(variance));
    variance *= DECAY;
  }
}

/** Estimates the echo in NEAR and takes it out. */
export function predict(slot: usize, echo: Echo): void {
  const n = echo.frame;
  const row = rowBytes(n);
  const pair = row + row;
  const spectra = slot + FAR_SPECTRA;
  const end = spectra + <usize>echo.partitions * pair;
  const newest = spectra + <usize>echo.newest * pair;
  for (let k: usize = 0; k < row; k += 16) {
    let re = splat(0);
    let im = splat(0);
    let uncertain = splat(0);
    let x = newest;
    let w = slot + FILTERS + k;
    let p = slot + VARIANCES + k;
    for (let left = echo.partitions; left > 0; left--) {
      const xr = v128.load(x + k);
      const xi = v128.load(x + k + row);
      const wr = v128.load(w);
      const wi = v128.load(w + row);
      re = add(re, sub(mul(xr, wr), mul(xi, wi)));
      im = add(im, add(mul(xr, wi), mul(xi, wr)));
      uncertain = add(uncertain, mul(v128.load(p), add(mul(xr, xr), mul(xi, xi))));
      x = x + pair === end ? spectra : x + pair;
      w += pair;
      p += row;
    }
    v128.store(ESTIMATE_RE + k, re);
    v128.store(ESTIMATE_IM + k, im);
    v128.store(UNCERTAINTY + k, uncertain);
  }
  inverse(n, ESTIMATE_RE, ESTIMATE_IM, FRAMES);
  const bytes = (<usize>n) << 2;
  memory.copy(ESTIMATE, FRAMES + bytes, bytes);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(ERROR + at, sub(v128.load(NEAR + at), v128.load(ESTIMATE + at)));
  }
}

/** Learns from the error. */
export function update(slot: usize, echo: Echo): void {
  const n = echo.frame;
  const row = rowBytes(n);
  const pair = row + row;
  const bytes = (<usize>n) << 2;
  memory.fill(FRAMES, 0, bytes);
  memory.copy(FRAMES + bytes, ERROR, bytes);
  forward(n, FRAMES, ERROR_RE, ERROR_IM);
  const spectra = slot + FAR_SPECTRA;
  const end = spectra + <usize>echo.partitions * pair;
  const newest = spectra + <usize>echo.newest * pair;
  const one = splat(1);
  const half = splat(0.5);
  for (let k: usize = 0; k < row; k += 16) {
    const er = v128.load(ERROR_RE + k);
    const ei = v128.load(ERROR_IM + k);
    const power = add(mul(er, er), mul(ei, ei));
    const uncertain = v128.load(UNCERTAINTY + k);
    // The near end's part of the error, as the filter's own uncertainty explains the rest.
    const unexplained = f32x4.max(sub(power, mul(half, uncertain)), mul(splat(0.1), power));
    const near = add(
      mul(splat(NEAR_SMOOTHING), v128.load(slot + NEAR_POWER + k)),
      mul(splat(1 - NEAR_SMOOTHING), unexplained),
    );
    v128.store(slot + NEAR_POWER + k, near);
    const gain = f32x4.div(one, add(uncertain, add(add(near, near), splat(1e-6))));
    const growth = splat(KEPT * load<f32>(slot + DOUBT + (k / BAND_BYTES) * 4));
    let x = newest;
    let w = slot + FILTERS + k;
    let p = slot + VARIANCES + k;
    for (let left = echo.partitions; left > 0; left--) {
      const xr = v128.load(x + k);
      const xi = v128.load(x + k + row);
      const variance = v128.load(p);
      const step = mul(variance, gain);
      const re = mul(er, step);
      const im = mul(ei, step);
      const wr = add(v128.load(w), add(mul(xr, re), mul(xi, im)));
      const wi = add(v128.load(w + row), sub(mul(xr, im), mul(xi, re)));
      v128.store(w, wr);
      v128.store(w + row, wi);
      const learnt = mul(mul(half, step), add(mul(xr, xr), mul(xi, xi)));
      const moved = mul(splat(1 - KEPT), add(mul(wr, wr), mul(wi, wi)));
      const next = add(mul(mul(growth, variance), sub(one, learnt)), moved);
      v128.store(p, f32x4.min(one, add(splat(1e-9), next)));
      x = x + pair === end ? spectra : x + pair;
      w += pair;
      p += row;
    }
  }
  constrain(slot, echo);
}

/** Takes what wraps around out of one partition's filter, another one each frame. */
function constrain(slot: usize, echo: Echo): void {
  const n = echo.frame;
  const bytes = (<usize>n) << 2;
  const filter = slot + FILTERS + <usize>echo.turn * pairBytes(echo);
  echo.turn = echo.turn + 1 >= echo.partitions ? 0 : echo.turn + 1;
  inverse(n, filter, filter + rowBytes(n), FRAMES);
  memory.fill(FRAMES + bytes, 0, bytes);
  forward(n, FRAMES, filter, filter + rowBytes(n));
}
