/** What of the error is coherent with the echo's estimate, over some 100 ms. */
import { UNCERTAINTY } from './echo_filter.ts';
import { CROSS_IM, CROSS_RE, DOUBT, ERROR_POWER, ESTIMATE_POWER, UNCERTAIN } from './echo_slot.ts';
import { ERROR_IM, ERROR_RE, ESTIMATE_IM, ESTIMATE_RE } from './echo_windows.ts';
import { add, mul, splat, sub, total } from './vector.ts';

const SMOOTHING: f32 = 0.9;
/** That which unrelated sounds have by chance. */
const BY_CHANCE: f32 = 0.25;
/** By how much the filter's variances may grow each frame, where there is any far end to learn from. */
const MOST_DOUBT: f32 = 1.25;
const LEAST_ESTIMATE: f32 = 1e-4;
/** Keeps what decays from becoming denormal. */
const TINY: f32 = 1e-18;

/** For each band, the coherent share of the error's power, beyond what chance gives. */
export const COHERENCE = memory.data(24 * 4, 16);

/** Of all bands so far: the error's power, and what of it is coherent. */
let errorsSeen: f32 = 0;
let coherentSeen: f32 = 0;

/** Before a frame's first band. */
export function beginCoherence(): void {
  errorsSeen = 0;
  coherentSeen = 0;
}

/** After its last: what part of the error's power is coherent with the estimate, 0 to 1. */
export function coherentShare(): f32 {
  return coherentSeen / (errorsSeen + 1e-9);
}

/**
 * What of a band's error is coherent with the estimate: what a near talker adds is not, but all that a filter still has to
 * learn is, whatever its phase. Where that is more than the filter's own uncertainty, it has grown too sure of itself.
 */
export function doubtBand(slot: usize, from: usize, to: usize): void {
  const keep = splat(SMOOTHING);
  const fresh = splat(1 - SMOOTHING);
  let coherences = splat(0);
  const tiny = splat(TINY);
  let errors = splat(0);
  let estimates = splat(0);
  let uncertainties = splat(0);
  for (let k = from; k < to; k += 16) {
    const er = mul(v128.load(ERROR_RE + k), fresh);
    const ei = mul(v128.load(ERROR_IM + k), fresh);
    const yr = v128.load(ESTIMATE_RE + k);
    const yi = v128.load(ESTIMATE_IM + k);
    const crossRe = add(mul(keep, v128.load(slot + CROSS_RE + k)), add(tiny, add(mul(er, yr), mul(ei, yi))));
    const crossIm = add(mul(keep, v128.load(slot + CROSS_IM + k)), add(tiny, sub(mul(ei, yr), mul(er, yi))));
    const error = add(
      mul(keep, v128.load(slot + ERROR_POWER + k)),
      add(mul(er, v128.load(ERROR_RE + k)), mul(ei, v128.load(ERROR_IM + k))),
    );
    const estimate = add(
      mul(keep, v128.load(slot + ESTIMATE_POWER + k)),
      mul(fresh, add(tiny, add(mul(yr, yr), mul(yi, yi)))),
    );
    v128.store(slot + CROSS_RE + k, crossRe);
    v128.store(slot + CROSS_IM + k, crossIm);
    v128.store(slot + ERROR_POWER + k, error);
    v128.store(slot + ESTIMATE_POWER + k, estimate);
    const crossPower = add(mul(crossRe, crossRe), mul(crossIm, crossIm));
    coherences = add(coherences, f32x4.div(crossPower, add(mul(error, estimate), splat(1e-14))));
    errors = add(errors, error);
    estimates = add(estimates, estimate);
    uncertainties = add(uncertainties, v128.load(UNCERTAINTY + k));
  }
  const band = from / 8;
  const coherence = max<f32>(0, total(coherences) / (<f32>(to - from) / 4) - BY_CHANCE) / (1 - BY_CHANCE);
  store<f32>(COHERENCE + band, coherence);
  errorsSeen += total(errors);
  coherentSeen += coherence * total(errors);
  let known = load<f32>(slot + UNCERTAIN + band);
  known = SMOOTHING * known + (1 - SMOOTHING) * 0.5 * total(uncertainties);
  store<f32>(slot + UNCERTAIN + band, known);
  let doubt: f32 = 1;
  if (total(estimates) >= LEAST_ESTIMATE) {
    doubt = max<f32>(1, min<f32>(MOST_DOUBT, (coherence * total(errors)) / (known + 1e-9)));
  }
  store<f32>(slot + DOUBT + band, doubt);
}
