/**
 * Finds by how much an echo lies behind what was sent, over 2 s of it: generalised cross-correlation with phase
 * transform (Knapp and Carter, 1976). At 8 kHz for either rate. Done in short steps, so that no tick is late.
 */
import { Echo, FAR_RING, FAR_SAMPLES, NEAR_RING, NEAR_SAMPLES } from './echo_slot.ts';
import { add, mul, splat, sub } from './vector.ts';

const POINTS: i32 = 16384;
const ROW: usize = (<usize>POINTS) << 2;
/** Radix-4 stages, each in so many steps. */
const STAGES: i32 = 7;
const STEPS_PER_STAGE: i32 = 4;
const BUTTERFLIES_PER_STEP: i32 = POINTS / 4 / STEPS_PER_STAGE;
const TRANSFORM_STEPS: i32 = STAGES * STEPS_PER_STAGE;
const ALL_STEPS: i32 = 2 * TRANSFORM_STEPS + 2;
/** The telephone band, 300 to 3400 Hz. */
const FIRST_BIN: i32 = (POINTS * 300) / 8000;
const LAST_BIN: i32 = (POINTS * 3400) / 8000;
/** 920 ms and 25 ms. */
const MOST_LAG: i32 = 7360;
const PEAK_WIDTH: i32 = 200;

@unmanaged
class Search {
  step: i32;
  /** Samples of the canceller's rate in one at 8 kHz. */
  stride: i32;
  /** In samples at the canceller's rate. */
  lag: i32;
  /** Height of the highest peak over that of the next one. */
  sharpness: f32;
}

const COSINES: usize = 16;
const ONE_RE: usize = COSINES + ROW;
const ONE_IM: usize = ONE_RE + ROW;
const OTHER_RE: usize = ONE_IM + ROW;
const OTHER_IM: usize = OTHER_RE + ROW;
export const DELAY_SEARCH_BYTES: usize = OTHER_IM + ROW;

/** Prepares a slot full of zeros. */
export function openDelaySearch(slot: usize): void {
  for (let i = 0; i < POINTS; i++) {
    store<f32>(slot + COSINES + ((<usize>i) << 2), <f32>Math.cos((2 * Math.PI * i) / POINTS));
  }
}

/** Takes what a canceller sent in the last 2 s and heard in the last `nearMs`, at most 1000. */
export function beginDelaySearch(slot: usize, echoSlot: usize, nearMs: i32): void {
  const search = changetype<Search>(slot);
  const echo = changetype<Echo>(echoSlot);
  search.step = 0;
  search.stride = echo.frame / 80;
  memory.fill(slot + ONE_IM, 0, ROW);
  const heard = nearMs * 8;
  gather(echoSlot + FAR_SAMPLES, FAR_RING, echo.farAt, search.stride, slot + ONE_RE, POINTS);
  const near = slot + ONE_IM + ((<usize>(POINTS - heard)) << 2);
  gather(echoSlot + NEAR_SAMPLES, NEAR_RING, echo.nearAt, search.stride, near, heard);
}

/** The newest `count` samples of a ring whose next one goes to `at`; of two neighbours the mean. */
function gather(ring: usize, ringSamples: i32, at: i32, stride: i32, to: usize, count: i32): void {
  let from = at - count * stride;
  if (from < 0) from += ringSamples;
  for (let i: usize = 0; i < <usize>count; i++) {
    let sum: f32 = 0;
    for (let k = 0; k < stride; k++) sum += <f32>load<i16>(ring + ((<usize>(from + k)) << 1));
    store<f32>(to + (i << 2), sum);
    from += stride;
    if (from >= ringSamples) from -= ringSamples;
  }
}

/** One step of the work; true when it is done. */
export function stepDelaySearch(slot: usize): bool {
  const search = changetype<Search>(slot);
  const step = search.step++;
  if (step < TRANSFORM_STEPS) transformStep(slot, step);
  else if (step === TRANSFORM_STEPS) whiten(slot);
  else if (step <= 2 * TRANSFORM_STEPS) transformStep(slot, step - TRANSFORM_STEPS - 1);
  else findPeak(slot, search);
  return search.step === ALL_STEPS;
}

/** By how much the echo lies behind what was sent, in samples at the canceller's rate. */
export function foundDelay(slot: usize): i32 {
  return changetype<Search>(slot).lag;
}

/** The lag's peak over the next one, 25 ms or more away: about 1 when there is no echo. */
export function foundSharpness(slot: usize): f32 {
  return changetype<Search>(slot).sharpness;
}

/** A quarter of a stage of a Stockham transform, from one pair of rows to the other; the last stage ends in OTHER. */
function transformStep(slot: usize, step: i32): void {
  const stage = step / STEPS_PER_STAGE;
  const isEven = (stage & 1) === 0;
  const from = slot + (isEven ? ONE_RE : OTHER_RE);
  const to = slot + (isEven ? OTHER_RE : ONE_RE);
  const first = (step % STEPS_PER_STAGE) * BUTTERFLIES_PER_STEP;
  const stride = 1 << (2 * stage);
  if (stage === 0) firstStage(slot, from, to, first);
  else laterStage(slot, from, to, first, stride);
}

/** e^(−2πi·turn/POINTS), its sine. */
function sineOf(slot: usize, turn: i32): f32 {
  return load<f32>(slot + COSINES + ((<usize>((turn + POINTS / 4) & (POINTS - 1))) << 2));
}

function cosineOf(slot: usize, turn: i32): f32 {
  return load<f32>(slot + COSINES + ((<usize>(turn & (POINTS - 1))) << 2));
}

function firstStage(slot: usize, from: usize, to: usize, first: i32): void {
  const quarter = ROW / 4;
  for (let p = first; p < first + BUTTERFLIES_PER_STEP; p++) {
    const x = from + ((<usize>p) << 2);
    const ar = load<f32>(x);
    const br = load<f32>(x + quarter);
    const cr = load<f32>(x + 2 * quarter);
    const dr = load<f32>(x + 3 * quarter);
    const ai = load<f32>(x + ROW);
    const bi = load<f32>(x + ROW + quarter);
    const ci = load<f32>(x + ROW + 2 * quarter);
    const di = load<f32>(x + ROW + 3 * quarter);
    const y = to + ((<usize>p) << 4);
    store<f32>(y, ar + cr + br + dr);
    store<f32>(y + ROW, ai + ci + bi + di);
    turned(slot, y + 4, ar - cr + bi - di, ai - ci + dr - br, p);
    turned(slot, y + 8, ar + cr - br - dr, ai + ci - bi - di, 2 * p);
    turned(slot, y + 12, ar - cr - bi + di, ai - ci - dr + br, 3 * p);
  }
}

function turned(slot: usize, to: usize, re: f32, im: f32, turn: i32): void {
  const cosine = cosineOf(slot, turn);
  const sine = sineOf(slot, turn);
  store<f32>(to, re * cosine - im * sine);
  store<f32>(to + ROW, re * sine + im * cosine);
}

/** Butterflies of equal turns lie beside each other, `stride` of them. */
function laterStage(slot: usize, from: usize, to: usize, first: i32, stride: i32): void {
  const quarter = ROW / 4;
  const bytes = (<usize>stride) << 2;
  let done = first;
  while (done < first + BUTTERFLIES_PER_STEP) {
    const p = done / stride;
    const q = done % stride;
    const count = min(stride - q, first + BUTTERFLIES_PER_STEP - done);
    const turn = p * stride;
    const c1 = splat(cosineOf(slot, turn));
    const s1 = splat(sineOf(slot, turn));
    const c2 = splat(cosineOf(slot, 2 * turn));
    const s2 = splat(sineOf(slot, 2 * turn));
    const c3 = splat(cosineOf(slot, 3 * turn));
    const s3 = splat(sineOf(slot, 3 * turn));
    let x = from + ((<usize>done) << 2);
    let y = to + ((<usize>(4 * turn + q)) << 2);
    for (const end = x + ((<usize>count) << 2); x < end; x += 16) {
      const ar = v128.load(x);
      const br = v128.load(x + quarter);
      const cr = v128.load(x + 2 * quarter);
      const dr = v128.load(x + 3 * quarter);
      const ai = v128.load(x + ROW);
      const bi = v128.load(x + ROW + quarter);
      const ci = v128.load(x + ROW + 2 * quarter);
      const di = v128.load(x + ROW + 3 * quarter);
      const sumR = add(ar, cr);
      const sumI = add(ai, ci);
      const differR = sub(ar, cr);
      const differI = sub(ai, ci);
      const otherR = add(br, dr);
      const otherI = add(bi, di);
      const sidewaysR = sub(bi, di);
      const sidewaysI = sub(dr, br);
      v128.store(y, add(sumR, otherR));
      v128.store(y + ROW, add(sumI, otherI));
      turnedLanes(y + bytes, add(differR, sidewaysR), add(differI, sidewaysI), c1, s1);
      turnedLanes(y + 2 * bytes, sub(sumR, otherR), sub(sumI, otherI), c2, s2);
      turnedLanes(y + 3 * bytes, sub(differR, sidewaysR), sub(differI, sidewaysI), c3, s3);
      y += 16;
    }
    done += count;
  }
}

function turnedLanes(to: usize, re: v128, im: v128, cosine: v128, sine: v128): void {
  v128.store(to, sub(mul(re, cosine), mul(im, sine)));
  v128.store(to + ROW, add(mul(re, sine), mul(im, cosine)));
}

/**
 * From the transform of far end and near end as real and imaginary parts to their cross-spectrum, all of one magnitude.
 * The negative frequencies stay empty: the next transform then gives the correlation's envelope.
 */
function whiten(slot: usize): void {
  memory.fill(slot + ONE_RE, 0, 2 * ROW);
  for (let bin = FIRST_BIN; bin < LAST_BIN; bin++) {
    const at = (<usize>bin) << 2;
    const mirrored = (<usize>(POINTS - bin)) << 2;
    const zr = load<f32>(slot + OTHER_RE + at);
    const zi = load<f32>(slot + OTHER_IM + at);
    const mr = load<f32>(slot + OTHER_RE + mirrored);
    const mi = load<f32>(slot + OTHER_IM + mirrored);
    const farRe = zr + mr;
    const farIm = zi - mi;
    const nearRe = zi + mi;
    const nearIm = mr - zr;
    const re = farRe * nearRe + farIm * nearIm;
    const im = farRe * nearIm - farIm * nearRe;
    const magnitude = sqrt<f32>(re * re + im * im);
    if (!(magnitude > 1e-6)) continue;
    store<f32>(slot + ONE_RE + at, re / magnitude);
    // The conjugate: one more forward transform is then an inverse one.
    store<f32>(slot + ONE_IM + at, -im / magnitude);
  }
}

function findPeak(slot: usize, search: Search): void {
  let peak: f32 = 0;
  let lag = 0;
  for (let i = 0; i < MOST_LAG; i++) {
    const power = powerAt(slot, i);
    if (power > peak) {
      peak = power;
      lag = i;
    }
  }
  let next: f32 = 0;
  for (let i = 0; i < MOST_LAG; i++) {
    if (abs(i - lag) > PEAK_WIDTH) next = max(next, powerAt(slot, i));
  }
  search.lag = lag * search.stride;
  search.sharpness = sqrt<f32>(peak / (next + 1e-9));
}

function powerAt(slot: usize, lag: i32): f32 {
  const re = load<f32>(slot + OTHER_RE + ((<usize>lag) << 2));
  const im = load<f32>(slot + OTHER_IM + ((<usize>lag) << 2));
  return re * re + im * im;
}
