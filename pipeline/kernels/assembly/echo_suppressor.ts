/**
 * Turns down what the filter leaves: a gain for each bin by the decision-directed rule of Ephraim and Malah (1984), on
 * frames of sine windows that overlap by half, so that the output lies a frame behind.
 */

import { ERROR, ESTIMATE, UNCERTAINTY } from './echo_filter.ts';
import { PRE_EMPHASIS } from './echo_hiss.ts';
import {
  BAND_BYTES,
  ECHO_POWER,
  Echo,
  ERROR_LAST,
  ESTIMATE_LAST,
  GAIN,
  LEAK,
  OUT_BEFORE,
  OVERLAP,
} from './echo_slot.ts';
import { forward, inverse, rowBytes } from './fft.ts';
import { add, mul, splat, sub, total } from './vector.ts';

/** By how much what is left is taken to be more than it seems. */
const OVER: f32 = 8;
const LEAST_GAIN: f32 = 0.02;
/** How much of the ratio of near end to echo is taken over from the frame before. */
const DIRECTED: f32 = 0.7;
/** The leak follows what it sees down at once, and goes up by so much each frame. */
const LEAK_UP: f32 = 1.004;
/** What of an echo's power is still there a frame later. */
const ECHO_DECAY: f32 = 0.6;
const LEAK_MARGIN: f32 = 1.2;

const NARROW_WINDOW = memory.data(160 * 4, 16);
const WIDE_WINDOW = memory.data(320 * 4, 16);
fillWindow(NARROW_WINDOW, 160);
fillWindow(WIDE_WINDOW, 320);

/** What the de-emphasis does to each bin's power. */
const NARROW_TINT = memory.data(84 * 4, 16);
const WIDE_TINT = memory.data(164 * 4, 16);
fillTint(NARROW_TINT, 80);
fillTint(WIDE_TINT, 160);

const FRAMES = memory.data(320 * 4, 16);
const ERROR_RE = memory.data(164 * 4, 16);
const ERROR_IM = memory.data(164 * 4, 16);
const ESTIMATE_RE = memory.data(164 * 4, 16);
const ESTIMATE_IM = memory.data(164 * 4, 16);
/** Power of what the filter is taken to leave of the echo. */
const RESIDUAL = memory.data(164 * 4, 16);

function fillWindow(window: usize, samples: i32): void {
  for (let i = 0; i < samples; i++) {
    store<f32>(window + ((<usize>i) << 2), <f32>Math.sin((Math.PI * (i + 0.5)) / samples));
  }
}

function fillTint(tint: usize, n: i32): void {
  for (let bin = 0; bin <= n; bin++) {
    const cosine = <f32>Math.cos((Math.PI * bin) / n);
    store<f32>(tint + ((<usize>bin) << 2), 1 / (1 + PRE_EMPHASIS * PRE_EMPHASIS - 2 * PRE_EMPHASIS * cosine));
  }
}

/** Without any echo: all leaks are whole. */
export function resetSuppressor(slot: usize, echo: Echo): void {
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += BAND_BYTES) store<f32>(slot + LEAK + at / 8, 1);
  for (let at: usize = 0; at < row; at += 16) v128.store(slot + GAIN + at, splat(1));
}

/** From here on, what is heard is passed on as it is. */
export function beginPassing(slot: usize, echo: Echo): void {
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += 16) v128.store(slot + GAIN + at, splat(1));
  memory.fill(slot + ESTIMATE_LAST, 0, (<usize>echo.frame) << 2);
  memory.fill(slot + ECHO_POWER, 0, row);
  echo.echoPower = 0;
  echo.residualPower = 0;
}

/** What `suppress` does when all gains are 1, without any transform. */
export function pass(slot: usize, echo: Echo, samples: usize, out: usize): void {
  const window = echo.frame === 80 ? NARROW_WINDOW : WIDE_WINDOW;
  const bytes = (<usize>echo.frame) << 2;
  const last = slot + ERROR_LAST;
  const overlap = slot + OVERLAP;
  for (let at: usize = 0; at < bytes; at += 16) {
    const rising = v128.load(window + at);
    const falling = v128.load(window + bytes + at);
    const begun = mul(v128.load(last + at), mul(rising, rising));
    v128.store(out + at, add(v128.load(overlap + at), begun));
    v128.store(overlap + at, mul(v128.load(samples + at), mul(falling, falling)));
  }
  memory.copy(last, samples, bytes);
}

/** The spectrum of the frame at `samples` and the one before it, at `last`, which is then replaced. */
export function analyse(n: i32, last: usize, samples: usize, re: usize, im: usize): void {
  const window = n === 80 ? NARROW_WINDOW : WIDE_WINDOW;
  const bytes = (<usize>n) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(FRAMES + at, mul(v128.load(last + at), v128.load(window + at)));
    v128.store(FRAMES + bytes + at, mul(v128.load(samples + at), v128.load(window + bytes + at)));
  }
  memory.copy(last, samples, bytes);
  forward(n, FRAMES, re, im);
}

/** The frame that this spectrum completes, to `out`; the other half of it waits at `overlap`. */
export function synthesise(n: i32, re: usize, im: usize, overlap: usize, out: usize): void {
  const window = n === 80 ? NARROW_WINDOW : WIDE_WINDOW;
  const bytes = (<usize>n) << 2;
  inverse(n, re, im, FRAMES);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(out + at, add(v128.load(overlap + at), mul(v128.load(FRAMES + at), v128.load(window + at))));
    v128.store(overlap + at, mul(v128.load(FRAMES + bytes + at), v128.load(window + bytes + at)));
  }
}

/** ERROR, ESTIMATE and UNCERTAINTY to the frame at `out`, still pre-emphasised. */
export function suppress(slot: usize, echo: Echo, out: usize): void {
  const n = echo.frame;
  const row = rowBytes(n);
  analyse(n, slot + ESTIMATE_LAST, ESTIMATE, ESTIMATE_RE, ESTIMATE_IM);
  analyse(n, slot + ERROR_LAST, ERROR, ERROR_RE, ERROR_IM);
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    const to = min(from + BAND_BYTES, row);
    const leak = followLeak(slot, from, to);
    setGains(slot, leak, from, to);
  }
  if (!echo.isSuppressing) for (let k: usize = 0; k < row; k += 16) v128.store(slot + GAIN + k, splat(1));
  measure(slot, echo);
  applyGains(slot, n, ERROR_RE, ERROR_IM);
  synthesise(n, ERROR_RE, ERROR_IM, slot + OVERLAP, out);
}

/** What part of the estimate is still there in a band, at least. */
function followLeak(slot: usize, from: usize, to: usize): f32 {
  let errors = splat(0);
  let estimates = splat(0);
  for (let k = from; k < to; k += 16) {
    const er = v128.load(ERROR_RE + k);
    const ei = v128.load(ERROR_IM + k);
    const yr = v128.load(ESTIMATE_RE + k);
    const yi = v128.load(ESTIMATE_IM + k);
    const decaying = mul(splat(ECHO_DECAY), v128.load(slot + ECHO_POWER + k));
    const power = f32x4.max(add(mul(yr, yr), mul(yi, yi)), decaying);
    v128.store(slot + ECHO_POWER + k, power);
    errors = add(errors, add(mul(er, er), mul(ei, ei)));
    estimates = add(estimates, power);
  }
  const estimate = total(estimates);
  const left = total(errors) / (estimate + 1e-9);
  const at = slot + LEAK + from / 8;
  let leak = load<f32>(at);
  if (estimate > 8e-4) {
    leak = left < leak ? leak + 0.2 * (left - leak) : min<f32>(1, leak * LEAK_UP);
    store<f32>(at, leak);
  }
  return leak;
}

function setGains(slot: usize, leak: f32, from: usize, to: usize): void {
  const one = splat(1);
  for (let k = from; k < to; k += 16) {
    const er = v128.load(ERROR_RE + k);
    const ei = v128.load(ERROR_IM + k);
    const power = add(mul(er, er), mul(ei, ei));
    const leaked = mul(splat(leak * LEAK_MARGIN), v128.load(slot + ECHO_POWER + k));
    const uncertain = mul(splat(0.5), v128.load(UNCERTAINTY + k));
    const left = f32x4.max(leaked, uncertain);
    v128.store(RESIDUAL + k, left);
    const residual = add(splat(1e-7), mul(splat(OVER), left));
    const inverted = f32x4.div(one, residual);
    const before = mul(mul(splat(DIRECTED), v128.load(slot + OUT_BEFORE + k)), inverted);
    const now = f32x4.max(sub(mul(power, inverted), one), splat(0));
    const ratio = add(before, mul(splat(1 - DIRECTED), now));
    const gain = f32x4.div(ratio, add(one, ratio));
    v128.store(slot + OUT_BEFORE + k, mul(mul(gain, gain), power));
    v128.store(slot + GAIN + k, f32x4.max(splat(LEAST_GAIN), gain));
  }
}

/** Powers of the echo and of what is left of it in the end, as mean squares of full scale 1. */
function measure(slot: usize, echo: Echo): void {
  const n = echo.frame;
  const tint = n === 80 ? NARROW_TINT : WIDE_TINT;
  const row = rowBytes(n);
  let echoes = splat(0);
  let residuals = splat(0);
  for (let k: usize = 0; k < row; k += 16) {
    const yr = v128.load(ESTIMATE_RE + k);
    const yi = v128.load(ESTIMATE_IM + k);
    const gain = v128.load(slot + GAIN + k);
    const weight = v128.load(tint + k);
    echoes = add(echoes, mul(weight, add(mul(yr, yr), mul(yi, yi))));
    residuals = add(residuals, mul(mul(weight, mul(gain, gain)), v128.load(RESIDUAL + k)));
  }
  const scale: f32 = 1 / <f32>(n * n);
  echo.echoPower = total(echoes) * scale;
  echo.residualPower = total(residuals) * scale;
}

export function applyGains(slot: usize, n: i32, re: usize, im: usize): void {
  const row = rowBytes(n);
  for (let k: usize = 0; k < row; k += 16) {
    const gain = v128.load(slot + GAIN + k);
    v128.store(re + k, mul(v128.load(re + k), gain));
    v128.store(im + k, mul(v128.load(im + k), gain));
  }
}
