/** What the echo canceller thinks of its own filter: whether it is good, poor, lost, and how far to believe in it. */
import { clearFilter, ERROR, ESTIMATE, NEAR, UNCERTAINTY } from './echo_filter.ts';
import { Echo, FILTERS, GOOD_FILTERS, pairBytes, TAKEN } from './echo_slot.ts';
import { rowBytes } from './fft.ts';
import { mul, product, splat, sub } from './vector.ts';

/** Frames of far end before the filter learns. */
const WARM_FRAMES: i32 = 5;
/** After a frame that was lost, the line is taken to lose more, for 10 s: either way. */
const LOSSY_FRAMES: i32 = 1000;
/** A frame that was lost and the one that is joined on to it. */
const DOUBTFUL_FRAMES: i32 = 2;
/** So many of them are packets; more are another path. */
const MOST_OPPOSED: i32 = 6;
/**
 * Beyond so many that followed one another the echo is elsewhere, provided that so much of the error is coherent with the
 * estimate, or that taking the estimate out adds so much: a near talker opposes it by chance. A frame that does not
 * takes two off the count, which goes no further than this.
 */
const LONG_OPPOSED: i32 = 4;
const MOVED_COHERENT: f32 = 0.05;
const MOVED_ADDED: f32 = 1.5;
const LONGEST_OPPOSED: i32 = 12;
const AGREED_COUNTS: i32 = 2;
/** Of energies, over 200 ms. */
export const SMOOTHING: f32 = 0.95;
/** So many frames in which the estimate only adds to the error are a path that is lost. */
const LOST_FRAMES: i32 = 6;
/** A filter that was restored is given longer. */
const RESTORED_FRAMES: i32 = 20;
/** A lost path counts as so many poor frames. */
const LOST_COUNTS: i32 = 20;
/** Power ratios from which, and to which, a filter is good and poor: 11 dB, which wideband codecs leave room for, and 6 dB. */
const GOOD_RATIO: f32 = 12;
const POOR_RATIO: f32 = 4;
/** Trust in a filter comes within 100 ms and goes within 300 ms. */
const TRUST_UP: f32 = 0.2;
const TRUST_DOWN: f32 = 0.03;
/** Of the estimate, what is heard holds so little when its path is lost. */
const ASTRAY: f32 = 0.3;
/** A frame's power may grow by 3 dB when the estimate is taken out, which a near talker may do to it; more is no echo. */
const MOST_ADDED: f32 = 2;
/** A good filter is kept every half second. */
const KEEP_EVERY: i32 = 50;

/** Of the frame in hand, as the filter left it: energies, and the product of error and estimate. */
let nearEnergy: f32 = 0;
let errorEnergy: f32 = 0;
let estimateEnergy: f32 = 0;
let errorByEstimate: f32 = 0;
/** The estimate of the frame in hand is not in what is heard, though the filter was good at some time. */
let isOpposed: bool = false;

/** What the last frame tells about the filter. */
export function judge(slot: usize, echo: Echo): void {
  const n = echo.frame;
  nearEnergy = product(NEAR, NEAR, n);
  errorEnergy = product(ERROR, ERROR, n);
  estimateEnergy = product(ESTIMATE, ESTIMATE, n);
  errorByEstimate = product(ERROR, ESTIMATE, n);
  echo.error = SMOOTHING * echo.error + errorEnergy;
  echo.near = SMOOTHING * echo.near + nearEnergy;
  echo.estimate = SMOOTHING * echo.estimate + estimateEnergy + 1e-20;
  echo.errorByEstimate = SMOOTHING * echo.errorByEstimate + errorByEstimate + 1e-20;
  if (!echo.isEchoDue) return;
  if (echo.warmFrames < WARM_FRAMES) {
    echo.warmFrames++;
    if (echo.warmFrames === WARM_FRAMES) echo.isSeedDue = 1;
    return;
  }
  if (echo.near > GOOD_RATIO * echo.error) findGood(slot, echo);
  else if (echo.near < POOR_RATIO * echo.error) echo.poorFrames++;
  else if (echo.poorFrames > 0) echo.poorFrames--;
  // A filter that has lost the path leaves its estimate in the error, negative; a near talker does not.
  const isLosing = echo.errorByEstimate < -0.5 * echo.estimate && echo.estimate > 0.1 * echo.error;
  if (isLosing || echo.error > 2 * echo.near) {
    echo.lostFrames++;
    if (echo.lostFrames >= LOST_FRAMES) lose(slot, echo);
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

/** The path is another one. What was good once still tells what to turn down, until the echo is found elsewhere. */
function lose(slot: usize, echo: Echo): void {
  const poorFrames = echo.poorFrames + LOST_COUNTS;
  echo.lostFrames = 0;
  if (!echo.hasGood) {
    clearFilter(slot, echo);
    forget(echo);
  }
  echo.poorFrames = poorFrames;
}

/** Begins to judge anew. */
export function forget(echo: Echo): void {
  echo.warmFrames = 0;
  echo.isSeedDue = 0;
  echo.poorFrames = 0;
  echo.trust = 0;
  echo.lostFrames = 0;
  echo.goodFrames = 0;
  echo.error = 0;
  echo.near = 0;
  echo.far = 0;
  echo.errorByEstimate = 0;
  echo.estimate = 0;
}

/** Begins anew with a filter that is known to be good, and gives it time. */
export function trustRestored(echo: Echo): void {
  forget(echo);
  echo.warmFrames = WARM_FRAMES;
  echo.trust = 1;
  echo.lostFrames = -RESTORED_FRAMES;
}

/**
 * Packets lost either way leave frames whose echo is not that of what was sent: nothing is to be learnt from them, and
 * what the estimate only adds to is to be turned down. If it goes on, it is not packets.
 */
export function doubtFrame(echo: Echo, isConcealed: bool): void {
  isOpposed =
    echo.hasGood !== 0 && errorByEstimate < -0.4 * estimateEnergy && estimateEnergy > 0.1 * errorEnergy;
  if (isConcealed) echo.lossyFrames = LOSSY_FRAMES;
  else if (echo.lossyFrames > 0) echo.lossyFrames--;
  if (isConcealed || (isOpposed && echo.opposedFrames < MOST_OPPOSED)) echo.doubtfulFrames = DOUBTFUL_FRAMES;
  else if (echo.doubtfulFrames > 0) echo.doubtfulFrames--;
  if (isOpposed && echo.isEchoDue) {
    echo.opposedFrames++;
    echo.opposedRun = min(LONGEST_OPPOSED, echo.opposedRun + 1);
  } else {
    echo.opposedFrames = max(0, echo.opposedFrames - 1);
    echo.opposedRun = max(0, echo.opposedRun - AGREED_COUNTS);
  }
}

/** Energy of this frame with so much of the estimate taken out as is believed in. */
function energyLeft(echo: Echo): f32 {
  const trust = echo.trust;
  const nearByEstimate = errorByEstimate + estimateEnergy;
  return nearEnergy + trust * (trust * estimateEnergy - 2 * nearByEstimate);
}

/**
 * Of the estimate, only so much is taken out as it is worth. What is heard holds all of a true estimate, whoever talks
 * beneath, and none of one that was learnt from a near talker: the regression of the one on the other tells.
 */
export function believe(slot: usize, echo: Echo): void {
  if (echo.isEchoDue) {
    echo.held = 1.0 + echo.errorByEstimate / (echo.estimate + 1e-9);
    const worth = max<f32>(0, min<f32>(1, 2 * echo.held - 0.5));
    echo.trust += (worth > echo.trust ? TRUST_UP : TRUST_DOWN) * (worth - echo.trust);
    if (echo.trust < 1e-6) echo.trust = 0;
  }
  const left = energyLeft(echo);
  if (echo.isEchoDue) {
    // What was good at one time and is not to be found any more is still there, elsewhere.
    const isMoved =
      echo.opposedRun > LONG_OPPOSED && (left > MOVED_ADDED * nearEnergy || echo.coherent > MOVED_COHERENT);
    echo.isAstray = echo.hasGood !== 0 && (isMoved || echo.held < ASTRAY) ? 1 : 0;
  }
  const trust = splat(echo.trust);
  // Much more than there was: its echo was lost, or is no more.
  const isWorthless = left > MOST_ADDED * nearEnergy || (echo.isAstray !== 0 && isOpposed);
  const share = splat(isWorthless ? 0 : echo.trust);
  const bytes = (<usize>echo.frame) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const taken = mul(v128.load(ESTIMATE + at), share);
    v128.store(slot + TAKEN + at, taken);
    v128.store(ERROR + at, sub(v128.load(NEAR + at), taken));
  }
  if (echo.hasGood) return;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(ESTIMATE + at, v128.load(slot + TAKEN + at));
  }
  const row = rowBytes(echo.frame);
  for (let at: usize = 0; at < row; at += 16) {
    v128.store(UNCERTAINTY + at, mul(v128.load(UNCERTAINTY + at), trust));
  }
}
