/**
 * How much of each bin is speech: the least error of the logarithmic spectrum (Y. Ephraim, D. Malah, 1985) by an
 * expectation that follows the last frame's speech, and the probability that there is speech at all, by bin,
 * neighbourhood and frame (after I. Cohen, B. Berdugo, "Speech enhancement for non-stationary noise environments", 2001).
 */
import { AROUND, decay, POWER, PRIOR, repeatEdges, smoothed, TINY } from './denoise_rows.ts';
import { Denoise, LOCAL, NOISE, SPEECH } from './denoise_slot.ts';
import { rowBytes } from './fft.ts';
import { add, mul, splat, sub } from './vector.ts';

/** Weight of the frame at hand against the one before: little in noise, so that it doesn't warble, more in speech. */
const FRESH_IN_NOISE: f32 = 0.12;
const FRESH_IN_SPEECH: f32 = 0.7;
/** Speech over noise is never expected below −25 dB. */
const LEAST_PRIOR: f32 = 0.003;
const LOCAL_SMOOTHING: f32 = 0.7;
/** Speech over noise at which speech is as likely as not: −8 dB. */
const EVEN: f32 = 0.15;
/** The least probabilities of speech in a frame, and in a neighbourhood. */
const LEAST_FRAME: f32 = 0.1;
const LEAST_LOCAL: f32 = 0.2;

/** Turns the bins at `re` and `im` down by what is in POWER, by no more than `floor`. */
export function attenuate(slot: usize, n: i32, floor: f32, re: usize, im: usize): void {
  expect(slot, n);
  const frame = LEAST_FRAME + (1 - LEAST_FRAME) * changetype<Denoise>(slot).busy;
  const bytes = rowBytes(n);
  const one = splat(1);
  const least = splat(floor);
  const rootLeast = f32x4.sqrt(least);
  for (let at: usize = 0; at < bytes; at += 16) {
    const power = v128.load(POWER + at);
    const prior = v128.load(PRIOR + at);
    const ratio = f32x4.div(prior, add(one, prior));
    const v = mul(ratio, f32x4.div(power, add(v128.load(slot + NOISE + at), splat(TINY))));
    const gone = decay(v);
    const gain = f32x4.min(one, mul(ratio, f32x4.sqrt(integralGain(v, gone))));
    v128.store(slot + SPEECH + at, mul(power, mul(gain, gain)));
    const around = smoothed(AROUND + at);
    const local = add(splat(LEAST_LOCAL), mul(splat(1 - LEAST_LOCAL), likely(around)));
    const present = mul(splat(frame), local);
    const odds = mul(f32x4.div(sub(one, present), present), mul(add(one, prior), gone));
    const presence = f32x4.div(one, add(one, odds));
    const speaking = mul(presence, f32x4.sqrt(f32x4.max(gain, least)));
    const root = add(speaking, mul(sub(one, presence), rootLeast));
    const factor = mul(root, root);
    v128.store(re + at, mul(factor, v128.load(re + at)));
    v128.store(im + at, mul(factor, v128.load(im + at)));
  }
}

/** Fills PRIOR and AROUND. */
function expect(slot: usize, n: i32): void {
  const bytes = rowBytes(n);
  const one = splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const noise = add(v128.load(slot + NOISE + at), splat(TINY));
    const speech = v128.load(slot + SPEECH + at);
    const share = f32x4.div(speech, add(speech, noise));
    const fresh = add(splat(FRESH_IN_NOISE), mul(splat(FRESH_IN_SPEECH - FRESH_IN_NOISE), mul(share, share)));
    const now = f32x4.max(splat(0), sub(f32x4.div(v128.load(POWER + at), noise), one));
    const before = f32x4.div(speech, noise);
    const prior = f32x4.max(splat(LEAST_PRIOR), add(before, mul(fresh, sub(now, before))));
    const local = add(prior, mul(splat(LOCAL_SMOOTHING), sub(v128.load(slot + LOCAL + at), prior)));
    v128.store(PRIOR + at, prior);
    v128.store(slot + LOCAL + at, local);
    v128.store(AROUND + at, local);
  }
  repeatEdges(AROUND, n);
}

/** e to the power of the exponential integral of v, right to 2 %; `gone` is e to the power of −v. */
function integralGain(v: v128, gone: v128): v128 {
  const over = mul(gone, add(splat(0.5615), mul(splat(0.0955), v)));
  return add(splat(1), f32x4.div(over, v));
}

function likely(ratio: v128): v128 {
  return f32x4.div(ratio, add(ratio, splat(EVEN)));
}
