/**
 * Echo canceller: what was sent ten milliseconds at a time is taken out of what is heard. Adaptive filter, then
 * suppression of what it leaves; both on pre-emphasised sound.
 */

import { ERROR, ESTIMATE, NEAR, predict, settle, UNCERTAINTY, update } from './echo_filter.ts';
import { hissAt, PRE_EMPHASIS } from './echo_hiss.ts';
import { rememberFar, rememberNear, transformAll, transformNewest } from './echo_history.ts';
import {
  ECHO_BYTES,
  Echo,
  FILTERS,
  GOOD_FILTERS,
  NOTHING,
  pairBytes,
  RESTART,
  SEED,
  VARIANCES,
} from './echo_slot.ts';
import { beginPassing, pass, resetSuppressor, suppress } from './echo_suppressor.ts';
import { rowBytes } from './fft.ts';
import { add, mul, product, splat, sub } from './vector.ts';

/** Mean square from which the far end counts as heard: −60 dB. */
const HEARD: f32 = 1e-6;
/** Frames of far end before the filter learns. */
const WARM_FRAMES: i32 = 5;
/** Beyond the tail, since rooms go on sounding. */
const AFTERGLOW_FRAMES: i32 = 10;
/** A frame that was lost and the one that is joined on to it. */
const DOUBTFUL_FRAMES: i32 = 2;
const MOST_OPPOSED: i32 = 6;
const SMOOTHING: f32 = 0.95;
const LOST_FRAMES: i32 = 6;
/** A lost path counts as so many poor frames. */
const LOST_COUNTS: i32 = 20;
/** Power ratios from which, and to which, a filter is good and poor: 13 dB, 6 dB. */
const GOOD_RATIO: f32 = 20;
const POOR_RATIO: f32 = 4;
/** Trust in a filter comes within 100 ms and goes within 300 ms. */
const TRUST_UP: f32 = 0.2;
const TRUST_DOWN: f32 = 0.03;
/** A good filter is kept every half second. */
const KEEP_EVERY: i32 = 50;

const OUT = memory.data(160 * 4, 16);

/** Begins without history, for frames of 80 or 160 samples. */
export function openEcho(slot: usize, frame: i32, partitions: i32, isSuppressing: bool): void {
  memory.fill(slot, 0, ECHO_BYTES);
  const echo = changetype<Echo>(slot);
  echo.frame = frame;
  echo.partitions = partitions;
  echo.isSuppressing = isSuppressing ? 1 : 0;
  resetSuppressor(slot, echo);
}

/** Covers another tail, from the next frame on; what it knows of the path it keeps. */
export function tuneEcho(slot: usize, partitions: i32, isSuppressing: bool): void {
  const echo = changetype<Echo>(slot);
  echo.isSuppressing = isSuppressing ? 1 : 0;
  if (partitions === echo.partitions) return;
  const last = echo.partitions;
  const pair = pairBytes(echo);
  const variances = slot + VARIANCES;
  for (let partition = <usize>last; partition < <usize>partitions; partition++) {
    memory.fill(slot + FILTERS + partition * pair, 0, pair);
    memory.fill(slot + GOOD_FILTERS + partition * pair, 0, pair);
    memory.copy(variances + (partition * pair) / 2, variances + (<usize>(last - 1) * pair) / 2, pair / 2);
  }
  echo.partitions = partitions;
  echo.turn = 0;
  transformAll(slot, echo);
}

/**
 * Takes out of a frame that is heard, in place, what was sent: `far` is the frame of the tick before. What comes out
 * lies a frame behind. Nothing is learnt from a concealed frame, nor from the next one, which is joined on.
 */
export function cancelEcho(slot: usize, far: usize, samples: usize, isConcealed: bool): void {
  const echo = changetype<Echo>(slot);
  const energy = rememberFar(slot, echo, far);
  rememberNear(slot, echo, samples);
  emphasise(echo, samples);
  echo.isFarHeard = energy >= HEARD * <f32>echo.frame ? 1 : 0;
  echo.quietFrames = echo.isFarHeard ? 0 : echo.quietFrames + 1;
  if (echo.quietFrames > echo.delay / echo.frame + echo.partitions + AFTERGLOW_FRAMES) rest(slot, echo);
  else work(slot, echo, isConcealed);
  deEmphasise(echo, samples);
}

/** Passes on what is heard, a frame late as always, until it is needed again. */
export function bypassEcho(slot: usize, far: usize, samples: usize): void {
  const echo = changetype<Echo>(slot);
  rememberFar(slot, echo, far);
  rememberNear(slot, echo, samples);
  emphasise(echo, samples);
  rest(slot, echo);
  deEmphasise(echo, samples);
}

function rest(slot: usize, echo: Echo): void {
  if (!echo.isResting) {
    echo.isResting = 1;
    beginPassing(slot, echo);
  }
  pass(slot, echo, NEAR, OUT);
}

function work(slot: usize, echo: Echo, isConcealed: bool): void {
  if (echo.isResting) {
    echo.isResting = 0;
    transformAll(slot, echo);
  } else echo.far = SMOOTHING * echo.far + transformNewest(slot, echo);
  settle(slot, echo);
  predict(slot, echo);
  judge(slot, echo);
  doubtFrame(echo, isConcealed);
  if (echo.doubtfulFrames === 0) update(slot, echo);
  believe(echo);
  suppress(slot, echo, OUT);
}

function emphasise(echo: Echo, samples: usize): void {
  let last = echo.nearLast;
  const bytes = (<usize>echo.frame) << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    const sample = load<f32>(samples + at);
    store<f32>(NEAR + at, sample - PRE_EMPHASIS * last);
    last = sample;
  }
  for (let at: usize = 0; at < bytes; at += 16) v128.store(NEAR + at, add(v128.load(NEAR + at), hissAt(at)));
  echo.nearLast = last;
}

function deEmphasise(echo: Echo, samples: usize): void {
  let last = echo.outLast;
  const bytes = (<usize>echo.frame) << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    last = load<f32>(OUT + at) + PRE_EMPHASIS * last;
    store<f32>(samples + at, last);
  }
  echo.outLast = last;
}

/**
 * Packets lost either way leave frames whose echo is not that of what was sent: nothing is to be learnt from them, and
 * what the estimate only adds to is to be turned down. If it goes on, it is not packets.
 */
function doubtFrame(echo: Echo, isConcealed: bool): void {
  const n = echo.frame;
  const estimate = product(ESTIMATE, ESTIMATE, n);
  const isOpposed =
    echo.hasGood !== 0 &&
    product(ERROR, ESTIMATE, n) < -0.4 * estimate &&
    estimate > 0.1 * product(ERROR, ERROR, n);
  if (isConcealed || (isOpposed && echo.opposedFrames < MOST_OPPOSED)) echo.doubtfulFrames = DOUBTFUL_FRAMES;
  else if (echo.doubtfulFrames > 0) echo.doubtfulFrames--;
  if (isOpposed && echo.isFarHeard) echo.opposedFrames++;
  else if (echo.opposedFrames > 0) echo.opposedFrames--;
}

/**
 * Of the estimate, only so much is taken out as it is worth. What is heard holds all of a true estimate, whoever talks
 * beneath, and none of one that was learnt from a near talker: the regression of the one on the other tells.
 */
function believe(echo: Echo): void {
  if (echo.isFarHeard) {
    const held: f32 = 1.0 + echo.errorByEstimate / (echo.estimate + 1e-9);
    const worth = max<f32>(0, min<f32>(1, 2 * held - 0.5));
    echo.trust += (worth > echo.trust ? TRUST_UP : TRUST_DOWN) * (worth - echo.trust);
  }
  const trust = splat(echo.trust);
  const bytes = (<usize>echo.frame) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const estimate = mul(v128.load(ESTIMATE + at), trust);
    v128.store(ESTIMATE + at, estimate);
    v128.store(ERROR + at, sub(v128.load(NEAR + at), estimate));
  }
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += 16) {
    v128.store(UNCERTAINTY + at, mul(v128.load(UNCERTAINTY + at), trust));
  }
}

/** What the last frame tells about the filter. */
function judge(slot: usize, echo: Echo): void {
  const n = echo.frame;
  echo.error = SMOOTHING * echo.error + product(ERROR, ERROR, n);
  echo.near = SMOOTHING * echo.near + product(NEAR, NEAR, n);
  echo.estimate = SMOOTHING * echo.estimate + product(ESTIMATE, ESTIMATE, n);
  const opposed = product(ERROR, ESTIMATE, n);
  echo.errorByEstimate = SMOOTHING * echo.errorByEstimate + opposed;
  if (!echo.isFarHeard) return;
  if (echo.warmFrames < WARM_FRAMES) {
    echo.warmFrames++;
    if (echo.warmFrames === WARM_FRAMES) echo.pending = SEED;
    return;
  }
  if (echo.near > GOOD_RATIO * echo.error) findGood(slot, echo);
  else if (echo.near < POOR_RATIO * echo.error) echo.poorFrames++;
  // A filter that has lost the path leaves its estimate in the error, negative; a near talker does not.
  const isOpposed = echo.errorByEstimate < -0.5 * echo.estimate && echo.estimate > 0.1 * echo.error;
  if (isOpposed || echo.error > 2 * echo.near) {
    echo.lostFrames++;
    if (echo.lostFrames >= LOST_FRAMES) lose(echo);
  } else if (echo.lostFrames > 0) echo.lostFrames--;
}

/** Keeps a filter that is good, now and then. */
function findGood(slot: usize, echo: Echo): void {
  echo.poorFrames = 0;
  echo.goodFrames++;
  if (echo.goodFrames < KEEP_EVERY) return;
  echo.goodFrames = 0;
  echo.hasGood = 1;
  memory.copy(slot + GOOD_FILTERS, slot + FILTERS, <usize>echo.partitions * pairBytes(echo));
}

function lose(echo: Echo): void {
  echo.pending = RESTART;
  echo.lostCount++;
  const poorFrames = echo.poorFrames + LOST_COUNTS;
  forget(echo);
  echo.poorFrames = poorFrames;
}

function forget(echo: Echo): void {
  echo.poorFrames = 0;
  echo.trust = 0;
  echo.lostFrames = 0;
  echo.goodFrames = 0;
  echo.error = 0;
  echo.errorByEstimate = 0;
  echo.estimate = 0;
}

/**
 * Lets the filter begin `delay` samples after what was sent: at most 920 ms. With the last good filter, if there is one,
 * or with none.
 */
export function alignEcho(slot: usize, delay: i32, isRestored: bool): void {
  const echo = changetype<Echo>(slot);
  echo.delay = delay;
  transformAll(slot, echo);
  if (isRestored && echo.hasGood) {
    memory.copy(slot + FILTERS, slot + GOOD_FILTERS, <usize>echo.partitions * pairBytes(echo));
    echo.pending = NOTHING;
  } else echo.pending = RESTART;
  forget(echo);
}

/** Samples by which the filter's first tap lies behind what was sent. */
export function echoDelay(slot: usize): i32 {
  return changetype<Echo>(slot).delay;
}

/** Whether the far end was heard in the last frame. */
export function echoIsFarHeard(slot: usize): bool {
  return changetype<Echo>(slot).isFarHeard !== 0;
}

/** Whether there is a filter that was good at some time. */
export function echoHasGood(slot: usize): bool {
  return changetype<Echo>(slot).hasGood !== 0;
}

/** Frames with far end in which the filter did little, since it last was good or this was set. */
export function echoPoorFrames(slot: usize): i32 {
  return changetype<Echo>(slot).poorFrames;
}

/** Power of what was heard over what the filter left of it, smoothed over 200 ms. */
export function echoReturnLoss(slot: usize): f32 {
  const echo = changetype<Echo>(slot);
  return echo.near / (echo.error + 1e-12);
}

/** Mean square, full scale 1, of the echo in the frame that came out last, before and after all. */
export function echoPower(slot: usize): f32 {
  return changetype<Echo>(slot).echoPower;
}

export function echoResidualPower(slot: usize): f32 {
  return changetype<Echo>(slot).residualPower;
}
