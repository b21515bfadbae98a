/**
 * Echo canceller: what was sent ten milliseconds at a time is taken out of what is heard. Adaptive filter, then
 * suppression of what it leaves; both on pre-emphasised sound.
 */
import { lookAhead } from './echo_ahead.ts';
import { clearFilter, NEAR, predict, restoreFilter, seedFilter, update } from './echo_filter.ts';
import { hissAt, PRE_EMPHASIS } from './echo_hiss.ts';
import { rememberFar, rememberNear, transformAll, transformNewest } from './echo_history.ts';
import { believe, doubtFrame, forget, judge, SMOOTHING, trustRestored } from './echo_judgement.ts';
import { ECHO_BYTES, Echo, FILTERS, GOOD_FILTERS, pairBytes, VARIANCES } from './echo_slot.ts';
import { beginPassing, OVER, resetSuppressor, suppress } from './echo_suppressor.ts';
import { pass } from './echo_windows.ts';
import { add } from './vector.ts';

/** Mean square from which the far end counts as heard: −60 dB. */
const HEARD: f32 = 1e-6;
/** Louder than any sample that is one; nor is what is no number. */
const LOUDEST: f32 = 8;
/** Beyond the tail, since rooms go on sounding. */
const AFTERGLOW_FRAMES: i32 = 10;

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
    echo.isEchoDue = 0;
  } else {
    const energy = transformNewest(slot, echo);
    echo.far = SMOOTHING * echo.far + energy;
    echo.isEchoDue = energy >= HEARD * <f32>echo.frame ? 1 : 0;
  }
  if (echo.isSeedDue) seedFilter(slot, echo);
  echo.isSeedDue = 0;
  predict(slot, echo);
  judge(slot, echo);
  doubtFrame(echo, isConcealed);
  if (echo.doubtfulFrames === 0) update(slot, echo);
  believe(slot, echo);
  if (echo.lossyFrames > 0) lookAhead(slot, echo);
  suppress(slot, echo, OUT);
}

function emphasise(echo: Echo, samples: usize): void {
  let last = echo.nearLast;
  const bytes = (<usize>echo.frame) << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    const heard = load<f32>(samples + at);
    const sample: f32 = abs(heard) <= LOUDEST ? heard : 0;
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
 * Lets the filter begin `delay` samples after what was sent: at most 920 ms. With the last good filter, if there is one,
 * or with none.
 */
export function alignEcho(slot: usize, delay: i32, isRestored: bool): void {
  const echo = changetype<Echo>(slot);
  echo.delay = delay;
  transformAll(slot, echo);
  // An echo that can be found is not covered by a near talker.
  echo.over = OVER;
  echo.nearFrames = 0;
  if (isRestored && echo.hasGood) {
    restoreFilter(slot, echo);
    trustRestored(echo);
  } else {
    clearFilter(slot, echo);
    forget(echo);
  }
}

/** Lets the filter begin a frame earlier or later, with all that it knows. */
export function moveEcho(slot: usize, isEarlier: bool): void {
  const echo = changetype<Echo>(slot);
  echo.delay += isEarlier ? -echo.frame : echo.frame;
  const pair = pairBytes(echo);
  moveRows(slot + FILTERS, pair, echo.partitions, isEarlier);
  moveRows(slot + GOOD_FILTERS, pair, echo.partitions, isEarlier);
  moveRows(slot + VARIANCES, pair / 2, echo.partitions, isEarlier);
  transformAll(slot, echo);
}

function moveRows(rows: usize, bytes: usize, count: i32, isUp: bool): void {
  const most = <usize>(count - 1) * bytes;
  if (isUp) memory.copy(rows + bytes, rows, most);
  else memory.copy(rows, rows + bytes, most);
  memory.fill(isUp ? rows : rows + most, 0, bytes);
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

/** Whether a filter that was good has lost its echo, which is then elsewhere. */
export function echoIsAstray(slot: usize): bool {
  return changetype<Echo>(slot).isAstray !== 0;
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
