/**
 * What the noise is like: powers averaged by the probability that they are speech (T. Gerkmann, R. C. Hendriks,
 * "Unbiased MMSE-based noise power estimation with low complexity and low tracking delay", 2012), slowly while somebody
 * speaks, and held near the least power of the last second (R. Martin, "Noise power spectral density estimation based on
 * optimal smoothing and minimum statistics", 2001), which speech doesn't raise and a rise of the noise does.
 */
import { decay, POWER, PRESENCE, repeatEdges, smoothed, TINY } from './denoise_rows.ts';
import { Denoise, LEAST, MOST_PIECES, NOISE, PIECE, pieceAt, SMOOTH } from './denoise_slot.ts';
import { rowBytes } from './fft.ts';
import { add, mul, splat, sub, total } from './vector.ts';

/** Mean square below which nothing is learnt: a gap in the sound, −90 dB. */
const GAP: f32 = 1e-9;
/** A call's first frame is taken for noise only up to so much of a mean square: −50 dB. */
const OPENING: f32 = 1e-5;
/** Speech is expected to be so much above the noise where there is some: 15 dB. */
const EXPECTED: f32 = 31.6;
/** A bin's power over a few frames is noise up to so much over it, and surely speech from so much on. */
const STILL: f32 = 2;
const LOUD: f32 = 4;
/** Shares of such bins in a frame of noise alone, and in one that surely holds speech. */
const IDLE: f32 = 0.02;
const BUSY: f32 = 0.2;
/** How much of a frame's speech is taken to go on in the next, whatever is heard. */
const BUSY_SMOOTHING: f32 = 0.8;
/** Of the noise, while nobody speaks; while somebody surely does, it learns a fifth as fast. */
const NOISE_SMOOTHING: f32 = 0.8;
const HOLD: f32 = 0.8;
/** Makes up for peaks of the noise that pass for speech. */
const FAIRNESS: f32 = 1.1;
/** Of the powers whose least is kept, over pieces of 300 ms each. */
const LEAST_SMOOTHING: f32 = 0.7;
const PIECE_FRAMES: i32 = 30;
/** At first they jump about, and their least would be too low. */
const SETTLING_FRAMES: i32 = 8;
/** The least of such powers lies so far below the mean of a steady noise. */
const BIAS: f32 = 2.2;
/** The noise stays within these of what the least power says; the lower one holds only after the first frames. */
const LIFT: f32 = 0.5;
const CAP: f32 = 2.5;
const LIFT_FRAMES: i32 = 10;
/** From here on the number of frames heard matters no more. */
const MOST_TAUGHT: i32 = 1000;
const SPEECH_SMOOTHING: f32 = 0.95;

/** Mean square of samples whose windowed spectrum's powers sum up to this over the bins 0…n − 1. */
function meanSquare(sum: f32, n: i32): f32 {
  return sum / <f32>(n * n);
}

/** Learns from the frame in POWER, unless it is a gap or `mayTeach` is false. */
export function learn(slot: usize, n: i32, mayTeach: bool): void {
  const state = changetype<Denoise>(slot);
  const power = meanSquare(sumOf(POWER, n), n);
  const teaches = mayTeach && power > GAP;
  repeatEdges(POWER, n);
  if (teaches && state.taught === 0) begin(slot, n);
  judge(slot, state, n);
  if (teaches) {
    rememberLeast(slot, state, n);
    follow(slot, state, n);
    state.noise = meanSquare(sumOf(slot + NOISE, n), n);
  }
  if (state.busy > 0.5 && state.taught >= LIFT_FRAMES) {
    const heard: f32 = max<f32>(0, power - state.noise);
    state.speech = state.speech === 0 ? heard : heard + SPEECH_SMOOTHING * (state.speech - heard);
  }
}

function sumOf(row: usize, n: i32): f32 {
  let sum = splat(0);
  const bytes: usize = (<usize>n) << 2;
  for (let at: usize = 0; at < bytes; at += 16) sum = add(sum, v128.load(row + at));
  return total(sum);
}

function begin(slot: usize, n: i32): void {
  const most = splat(OPENING * <f32>n);
  const bytes = rowBytes(n);
  for (let at: usize = 0; at < bytes; at += 16) {
    const power = smoothed(POWER + at);
    v128.store(slot + SMOOTH + at, power);
    v128.store(slot + LEAST + at, power);
    v128.store(slot + PIECE + at, power);
    v128.store(slot + NOISE + at, f32x4.min(power, most));
  }
}

/** How likely each bin, by itself and by what was around it and before, and the frame as a whole hold speech. */
function judge(slot: usize, state: Denoise, n: i32): void {
  const bytes = rowBytes(n);
  const bins: usize = (<usize>n) << 2;
  const slope = splat(EXPECTED / (1 + EXPECTED));
  const one = splat(1);
  let loudBins = splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const least = mul(splat(BIAS), v128.load(slot + LEAST + at));
    const noise = add(splat(TINY), f32x4.max(v128.load(slot + NOISE + at), least));
    const odds = mul(splat(1 + EXPECTED), decay(mul(slope, f32x4.div(v128.load(POWER + at), noise))));
    const over = mul(splat(1 / (LOUD - STILL)), sub(f32x4.div(smoothNow(slot, at), noise), splat(STILL)));
    const loud = f32x4.max(splat(0), f32x4.min(one, over));
    v128.store(PRESENCE + at, f32x4.max(loud, f32x4.div(one, add(one, odds))));
    if (at < bins) loudBins = add(loudBins, loud);
  }
  const share = (total(loudBins) / <f32>n - IDLE) / (BUSY - IDLE);
  const busy: f32 = max<f32>(0, min<f32>(1, share));
  state.busy = max<f32>(busy, busy + BUSY_SMOOTHING * (state.busy - busy));
}

/** Four bins' power over a few frames, the one at hand among them. */
function smoothNow(slot: usize, at: usize): v128 {
  const fresh = smoothed(POWER + at);
  return add(fresh, mul(splat(LEAST_SMOOTHING), sub(v128.load(slot + SMOOTH + at), fresh)));
}

function rememberLeast(slot: usize, state: Denoise, n: i32): void {
  const bytes = rowBytes(n);
  for (let at: usize = 0; at < bytes; at += 16) {
    const smooth = smoothNow(slot, at);
    v128.store(slot + SMOOTH + at, smooth);
    v128.store(slot + LEAST + at, f32x4.min(smooth, v128.load(slot + LEAST + at)));
    v128.store(slot + PIECE + at, f32x4.min(smooth, v128.load(slot + PIECE + at)));
  }
  if (state.taught < SETTLING_FRAMES) {
    memory.copy(slot + LEAST, slot + SMOOTH, bytes);
    memory.copy(slot + PIECE, slot + SMOOTH, bytes);
  }
  state.pieceFrames++;
  if (state.pieceFrames === PIECE_FRAMES) endPiece(slot, state, bytes);
}

/** The oldest piece is forgotten for the running one. */
function endPiece(slot: usize, state: Denoise, bytes: usize): void {
  memory.copy(pieceAt(slot, state.nextPiece), slot + PIECE, bytes);
  memory.copy(slot + PIECE, slot + SMOOTH, bytes);
  memory.copy(slot + LEAST, pieceAt(slot, state.nextPiece), bytes);
  state.pieceFrames = 0;
  state.nextPiece = (state.nextPiece + 1) % MOST_PIECES;
  state.pieces = min(MOST_PIECES, state.pieces + 1);
  for (let piece = 0; piece < state.pieces; piece++) {
    const row = pieceAt(slot, piece);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(slot + LEAST + at, f32x4.min(v128.load(slot + LEAST + at), v128.load(row + at)));
    }
  }
}

function follow(slot: usize, state: Denoise, n: i32): void {
  state.taught = min(MOST_TAUGHT, state.taught + 1);
  const steady: f32 = NOISE_SMOOTHING + (1 - NOISE_SMOOTHING) * HOLD * state.busy;
  const fresh = splat(1 - min<f32>(steady, 1 - 1 / <f32>(state.taught + 1)));
  const lift = splat(state.taught < LIFT_FRAMES ? 0 : LIFT * BIAS);
  const cap = splat(CAP * BIAS);
  const one = splat(1);
  const bytes = rowBytes(n);
  for (let at: usize = 0; at < bytes; at += 16) {
    const noise = v128.load(slot + NOISE + at);
    const least = v128.load(slot + LEAST + at);
    const trust = mul(fresh, sub(one, v128.load(PRESENCE + at)));
    const heard = mul(splat(FAIRNESS), v128.load(POWER + at));
    const next = add(noise, mul(trust, sub(heard, noise)));
    v128.store(slot + NOISE + at, f32x4.min(mul(cap, least), f32x4.max(mul(lift, least), next)));
  }
}
