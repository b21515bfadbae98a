/**
 * Turns down what the filter leaves: a gain for each bin by the decision-directed rule of Ephraim and Malah (1984), so
 * that the output lies a frame behind.
 */
import { ELSEWHERE, holdBand } from './echo_ahead.ts';
import { beginCoherence, COHERENCE, coherentShare, doubtBand } from './echo_coherence.ts';
import { UNCERTAINTY } from './echo_filter.ts';
import { PRE_EMPHASIS } from './echo_hiss.ts';
import {
  BAND_BYTES,
  ECHO_POWER,
  Echo,
  ESTIMATE_LAST,
  GAIN,
  LEAK,
  NOISE,
  OUT_BEFORE,
  OVERLAP,
  TAKEN,
} from './echo_slot.ts';
import { analyseFrame, ERROR_IM, ERROR_RE, ESTIMATE_IM, ESTIMATE_RE, synthesise } from './echo_windows.ts';
import { rowBytes } from './fft.ts';
import { add, mul, splat, sub, total } from './vector.ts';

/** By how much what is left is taken to be more than it seems: beneath a near talker, after one, and then ever more. */
const NEAR_OVER: f32 = 0.05;
const AFTER_OVER: f32 = 0.06;
const OVER_UP: f32 = 1.05;
export const OVER: f32 = 16;
const LEAST_GAIN: f32 = 0.02;
/** How much of the ratio of near end to echo is taken over from the frame before. */
const DIRECTED: f32 = 0.7;
/** What of an echo's power is still there a frame later. */
const ECHO_DECAY: f32 = 0.6;
const ASTRAY_DECAY: f32 = 0.95;
/** The leak follows what it sees, but not up to what a near talker adds: there it only creeps. */
const LEAK_DOWN: f32 = 0.2;
const LEAK_UP: f32 = 0.05;
const LEAK_CREEP: f32 = 1.004;
/** Of an estimate as weak as this, nothing is followed. */
const LEAST_FOLLOWED: f32 = 8e-4;
/**
 * A band this much above its residual has a near talker in it; so many of the bands make it sure, for so long. Of wide
 * ones fewer: most of a voice is below 4 kHz, and all of one that came by a telephone.
 */
const NEAR_RATIO: f32 = 8;
const NEAR_SHARE: f32 = 0.3;
const WIDE_NEAR_SHARE: f32 = 0.2;
const NEAR_FRAMES: i32 = 40;
const SURE_FRAMES: i32 = 4;
/**
 * On a line that loses packets, a few frames may be one of them, or a jitter buffer that jumps: until it is sure, only so
 * much more than any echo thereabouts, in so many of the bands, is a near talker. Nor is what is so much louder than one.
 */
const CLEAR_RATIO: f32 = 2;
const CLEAR_SHARE: f32 = 0.1;
/** Nor what comes while less than this of the estimate is in what is heard, as when a jitter buffer has just jumped. */
const STILL_HELD: f32 = 0.75;
const LOUDER: f32 = 4;
const NEAR_DECAY: f32 = 0.98;
const PACKET_OVER: f32 = 1.5;
/** What may come sooner or later than it is expected counts so much. */
const ELSEWHERE_SHARE: f32 = 0.4;
/** What codecs round is not heard, but more than silence: −70 dB in all bands of 8 kHz, and as much for each hertz of 16. */
const NEAR_FLOOR: f32 = 2.5e-5;
/** Provided that so much of the estimate is believed, and that what is heard does not hold much more than it. */
const KNOWN: f32 = 0.5;
const GROWING: f32 = 2;
/** Keeps what decays from becoming denormal. */
const TINY: f32 = 1e-18;
/** The noise beneath goes up by so much each frame, and is let through but for so much. */
const NOISE_UP: f32 = 1.01;
const NOISE_DOWN: f32 = 0.1;
const NOISE_KEPT: f32 = 0.3;
/**
 * What a loudspeaker that distorts adds is in other bands than what it was sent: so much of the mean estimate is expected in
 * any band. It is followed as it is seen, and creeps up to no more than this, not at all beneath a near talker.
 */
const MOST_ROUGH: f32 = 0.1;
const LEAST_ROUGH: f32 = 1e-4;
const ROUGH_DOWN: f32 = 0.05;
const ROUGH_CREEP: f32 = 1.02;
/** A frame whose echo is not that of what was sent has other bands as well. */
const DOUBTFUL_ROUGH: f32 = 0.1;
/** What such a frame leaves in a room or in a decoder goes on for some more; a near talker is not turned down for it. */
const UNSURE_DECAY: f32 = 0.8;
const UNSURE: f32 = 0.05;
const UNSURE_OVER: f32 = 6;
const LEAST_UNSURE: f32 = 1e-4;

/** What the de-emphasis does to each bin's power. */
const NARROW_TINT = memory.data(84 * 4, 16);
const WIDE_TINT = memory.data(164 * 4, 16);
fillTint(NARROW_TINT, 80);
fillTint(WIDE_TINT, 160);

/** For each band: what of the error rises above the noise, the estimate, and what the filter leaves of the echo. */
const RISEN = memory.data(24 * 4, 16);
const ESTIMATED = memory.data(24 * 4, 16);
const LEFT = memory.data(24 * 4, 16);
/** Power of what the filter is taken to leave of the echo. */
const RESIDUAL = memory.data(164 * 4, 16);
/** Of the frame in hand: enough bands rise above the residual, and above any echo; and by how much they all rise. */
let seemsNear: bool = false;
let isClear: bool = false;
let loudness: f32 = 0;

function fillTint(tint: usize, n: i32): void {
  for (let bin = 0; bin <= n; bin++) {
    const cosine = <f32>Math.cos((Math.PI * bin) / n);
    store<f32>(tint + ((<usize>bin) << 2), 1 / (1 + PRE_EMPHASIS * PRE_EMPHASIS - 2 * PRE_EMPHASIS * cosine));
  }
}

/** Without any echo: all leaks are whole. */
export function resetSuppressor(slot: usize, echo: Echo): void {
  echo.rough = MOST_ROUGH;
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += BAND_BYTES) store<f32>(slot + LEAK + at / 8, 1);
  for (let at: usize = 0; at < row; at += 16) v128.store(slot + GAIN + at, splat(1));
}

/** From here on, what is heard is passed on as it is. */
export function beginPassing(slot: usize, echo: Echo): void {
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += 16) v128.store(slot + GAIN + at, splat(1));
  memory.fill(slot + TAKEN, 0, (<usize>echo.frame) << 2);
  memory.fill(slot + ESTIMATE_LAST, 0, (<usize>echo.frame) << 2);
  memory.fill(slot + ECHO_POWER, 0, row);
  echo.echoPower = 0;
  echo.residualPower = 0;
}

/** ERROR, ESTIMATE and UNCERTAINTY to the frame at `out`, still pre-emphasised. */
export function suppress(slot: usize, echo: Echo, out: usize): void {
  const n = echo.frame;
  const row = rowBytes(n);
  analyseFrame(slot, echo);
  const isDoubtful = echo.doubtfulFrames > 0 || echo.isAstray !== 0;
  if (isDoubtful) echo.unsure = 1;
  else echo.unsure = echo.nearFrames > 0 || echo.unsure < LEAST_UNSURE ? 0 : UNSURE_DECAY * echo.unsure;
  beginCoherence();
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    doubtBand(slot, from, min(from + BAND_BYTES, row));
    weigh(slot, from, min(from + BAND_BYTES, row), isDoubtful, echo.unsure);
    holdBand(slot, echo, from / 8, load<f32>(ESTIMATED + from / 8), isDoubtful);
  }
  echo.coherent = coherentShare();
  const estimate = followRough(echo, isDoubtful);
  const rough = max<f32>(DOUBTFUL_ROUGH * echo.unsure, echo.rough) * estimate;
  const over = overFor(slot, echo, isDoubtful, rough);
  const roughs = max<f32>(DOUBTFUL_ROUGH * echo.unsure * estimate, rough);
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    if (!isDoubtful) followLeak(slot, from, echo.nearFrames > 0);
    setGains(slot, from, min(from + BAND_BYTES, row), over, echo.unsure, roughs);
  }
  if (!echo.isSuppressing) for (let k: usize = 0; k < row; k += 16) v128.store(slot + GAIN + k, splat(1));
  measure(slot, echo);
  applyGains(slot, n, ERROR_RE, ERROR_IM);
  synthesise(n, ERROR_RE, ERROR_IM, slot + OVERLAP, out);
}

/** Follows how rough the echo is, and returns the mean of the estimate over the bands. */
function followRough(echo: Echo, isDoubtful: bool): f32 {
  const row = rowBytes(echo.frame);
  let risen: f32 = 0;
  let estimate: f32 = 0;
  let bands: f32 = 0;
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    risen += load<f32>(RISEN + from / 8);
    estimate += load<f32>(ESTIMATED + from / 8);
    bands += 1;
  }
  const mean = estimate / bands;
  if (isDoubtful || mean < LEAST_FOLLOWED) return mean;
  const seen = risen / estimate;
  let next = echo.nearFrames > 0 ? echo.rough : echo.rough * ROUGH_CREEP;
  if (seen < echo.rough) next = echo.rough + ROUGH_DOWN * (seen - echo.rough);
  echo.rough = max<f32>(LEAST_ROUGH, min<f32>(MOST_ROUGH, next));
  return mean;
}

/** How far a band's error, but for what is coherent with the estimate, rises above what is left of the echo. */
function nearness(slot: usize, band: usize, rough: f32, floor: f32): f32 {
  const left = max<f32>(load<f32>(LEFT + band), rough);
  // Noise that comes and goes rises further than what is followed.
  const risen = max<f32>(0, load<f32>(RISEN + band) - load<f32>(slot + NOISE + band));
  return ((1 - load<f32>(COHERENCE + band)) * risen) / (left + floor);
}

/** Looks at all bands: is there a near talker in enough of them, and more than any echo thereabouts explains? */
function lookForNear(slot: usize, echo: Echo, rough: f32): void {
  const row = rowBytes(echo.frame);
  let bands: f32 = 0;
  let nearBands: f32 = 0;
  let clearBands: f32 = 0;
  loudness = 0;
  // Spectra of longer frames are larger.
  const scale = <f32>echo.frame / 80;
  const floor = NEAR_FLOOR * scale * scale;
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    const band = from / 8;
    const risen = load<f32>(RISEN + band);
    bands += 1;
    loudness += risen;
    if (nearness(slot, band, rough, floor) > NEAR_RATIO) nearBands += 1;
    if (risen - load<f32>(slot + NOISE + band) > CLEAR_RATIO * load<f32>(ELSEWHERE + band)) clearBands += 1;
  }
  seemsNear = nearBands > (echo.frame > 80 ? WIDE_NEAR_SHARE : NEAR_SHARE) * bands;
  isClear = echo.lossyFrames === 0 || (clearBands > CLEAR_SHARE * bands && echo.held > STILL_HELD);
}

/** Looks for a near talker, and says by how much the residual is to be overestimated. */
function overFor(slot: usize, echo: Echo, isDoubtful: bool, rough: f32): f32 {
  lookForNear(slot, echo, rough);
  // An echo that is elsewhere, or not yet known, looks the same.
  const isKnown = echo.trust > KNOWN && echo.held < GROWING && !echo.isAstray;
  if (!isKnown) echo.nearFrames = 0;
  const isNear = isKnown && !isDoubtful && seemsNear;
  let isPacket = isDoubtful && echo.lossyFrames > 0 && loudness > LOUDER * echo.nearPower;
  echo.nearPower = max<f32>(isNear ? loudness : TINY, NEAR_DECAY * echo.nearPower);
  echo.nearRun = isNear ? echo.nearRun + 1 : 0;
  if (echo.nearRun > SURE_FRAMES) echo.nearFrames = NEAR_FRAMES;
  else if (isNear && (isClear || echo.nearFrames > 0)) echo.nearFrames = max(echo.nearFrames, 1);
  else if (isNear) isPacket = true;
  else if (echo.nearFrames > 0) echo.nearFrames--;
  if (isPacket && (isNear || echo.nearFrames > 0)) {
    echo.unsure = 1;
    return PACKET_OVER;
  }
  if (echo.nearFrames === 0) {
    echo.over = min<f32>(OVER, max<f32>(AFTER_OVER, echo.over * OVER_UP));
    // What a packet leaves that was lost, or an echo that is elsewhere, is not the estimate, but as loud or louder.
    return echo.unsure > UNSURE ? UNSURE_OVER : echo.over;
  }
  echo.over = AFTER_OVER;
  return NEAR_OVER;
}

/** Powers of a band: error, estimate with its decay, noise, and what the filter leaves. */
function weigh(slot: usize, from: usize, to: usize, isDoubtful: bool, unsure: f32): void {
  let errors = splat(0);
  let estimates = splat(0);
  let uncertainties = splat(0);
  for (let k = from; k < to; k += 16) {
    const er = v128.load(ERROR_RE + k);
    const ei = v128.load(ERROR_IM + k);
    const yr = v128.load(ESTIMATE_RE + k);
    const yi = v128.load(ESTIMATE_IM + k);
    const decaying = mul(splat(isDoubtful ? ASTRAY_DECAY : ECHO_DECAY), v128.load(slot + ECHO_POWER + k));
    const power = f32x4.max(add(splat(TINY), add(mul(yr, yr), mul(yi, yi))), decaying);
    v128.store(slot + ECHO_POWER + k, power);
    errors = add(errors, add(mul(er, er), mul(ei, ei)));
    estimates = add(estimates, power);
    uncertainties = add(uncertainties, v128.load(UNCERTAINTY + k));
  }
  const band = from / 8;
  const error = total(errors);
  let noise = load<f32>(slot + NOISE + band);
  if (noise === 0) noise = error;
  // Silence that was made up is none.
  if (!isDoubtful) noise = error < noise ? noise + NOISE_DOWN * (error - noise) : noise * NOISE_UP;
  store<f32>(slot + NOISE + band, noise);
  const risen = max<f32>(0, error - 2 * noise);
  const estimate = total(estimates);
  const leak = max<f32>(unsure, load<f32>(slot + LEAK + band));
  store<f32>(RISEN + band, risen);
  store<f32>(ESTIMATED + band, estimate);
  store<f32>(LEFT + band, max<f32>(leak * estimate, 0.5 * total(uncertainties)));
}

/** Follows what part of the estimate is still there in a band. */
function followLeak(slot: usize, from: usize, isNear: bool): void {
  const band = from / 8;
  const estimate = load<f32>(ESTIMATED + band);
  if (estimate < LEAST_FOLLOWED) return;
  const at = slot + LEAK + band;
  const leak = load<f32>(at);
  const seen = load<f32>(RISEN + band) / estimate;
  let next = leak * LEAK_CREEP;
  if (seen < leak) next = leak + LEAK_DOWN * (seen - leak);
  else if (!isNear && seen < NEAR_RATIO * leak) next = leak + LEAK_UP * (seen - leak);
  store<f32>(at, max<f32>(1e-5, min<f32>(1, next)));
}

function setGains(slot: usize, from: usize, to: usize, over: f32, unsure: f32, rough: f32): void {
  const one = splat(1);
  const leak = splat(max<f32>(unsure, load<f32>(slot + LEAK + from / 8)));
  const noise = splat((NOISE_KEPT / 8) * load<f32>(slot + NOISE + from / 8));
  const roughs = splat(rough / 8);
  const elsewhere = splat(((unsure * ELSEWHERE_SHARE) / 8) * load<f32>(ELSEWHERE + from / 8));
  for (let k = from; k < to; k += 16) {
    const er = v128.load(ERROR_RE + k);
    const ei = v128.load(ERROR_IM + k);
    const power = add(add(mul(er, er), mul(ei, ei)), splat(1e-12));
    const leaked = mul(leak, v128.load(slot + ECHO_POWER + k));
    const left = f32x4.max(f32x4.max(leaked, elsewhere), mul(splat(0.5), v128.load(UNCERTAINTY + k)));
    v128.store(RESIDUAL + k, left);
    const inverted = f32x4.div(one, add(splat(1e-7), mul(splat(over), f32x4.max(left, roughs))));
    const before = mul(mul(splat(DIRECTED), v128.load(slot + OUT_BEFORE + k)), inverted);
    const now = f32x4.max(sub(mul(power, inverted), one), splat(0));
    const nearer = add(before, mul(splat(1 - DIRECTED), now));
    const gain = f32x4.div(nearer, add(one, nearer));
    v128.store(slot + OUT_BEFORE + k, mul(mul(gain, gain), power));
    const least = f32x4.min(one, f32x4.sqrt(f32x4.div(noise, power)));
    v128.store(slot + GAIN + k, f32x4.max(splat(LEAST_GAIN), f32x4.max(gain, least)));
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
