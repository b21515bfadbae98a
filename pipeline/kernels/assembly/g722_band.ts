/**
 * One sub-band of ITU-T G.722: adaptive predictor and quantizer scale, in the recommendation's own 16-bit fixed point,
 * so that two conforming ends keep the same state. Block names are those of its figures.
 */
import { clamp, saturate } from './sample.ts';

@unmanaged
export class Band {
  /** Coefficients of the zero section, 1 to 6 in eight lanes; the last two stay zero. */
  zerosLow: v128;
  zerosHigh: v128;
  /** Twice the quantized differences, newest first. */
  pastLow: v128;
  pastHigh: v128;
  /** Coefficients of the pole section. */
  pole1: i32;
  pole2: i32;
  /** Reconstructed signal, doubled, newest first. */
  r1: i32;
  r2: i32;
  /** Signs of the partially reconstructed signal: 0 or −1. */
  p1: i32;
  p2: i32;
  /** Prediction of the zero section alone. */
  zeroPart: i32;
  /** Prediction of the next sample. */
  predicted: i32;
  logScale: i32;
  /** Scale factor of the quantizer. */
  scale: i32;
}

export const LOWER_SCALE: i32 = 32;
export const UPPER_SCALE: i32 = 8;

/** ILB: mantissas of the scale factor, 2048 · 2^(i/32). */
const MANTISSA: usize = memory.data<i16>([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
  3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]);
/** WL through RL42, and QM4: by the four core bits of the lower band's code. */
const LOWER_STEP: usize = memory.data<i16>([
  -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
]);
const LOWER_LEVEL: usize = memory.data<i16>([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]);
/** WH through RH2, and QM2: by the upper band's code. */
const UPPER_STEP: usize = memory.data<i16>([798, -214, 798, -214]);
const UPPER_LEVEL: usize = memory.data<i16>([-7408, -1616, 7408, 1616]);

/** INVQAL, LOGSCL and SCALEL: the predictor runs on the code's core, so that 48 kbit/s decoders keep step. */
export function adaptLower(band: Band, code: i32): void {
  const core: usize = (code >> 2) << 1;
  const difference = (band.scale * load<i16>(LOWER_LEVEL + core)) >> 15;
  rescale(band, load<i16>(LOWER_STEP + core), 18432, 8);
  adapt(band, difference);
}

/** INVQAH, LOGSCH and SCALEH. */
export function adaptUpper(band: Band, code: i32): void {
  const at: usize = code << 1;
  const difference = upperDifference(band, code);
  rescale(band, load<i16>(UPPER_STEP + at), 22528, 10);
  adapt(band, difference);
}

export function upperDifference(band: Band, code: i32): i32 {
  return (band.scale * load<i16>(UPPER_LEVEL + (code << 1))) >> 15;
}

function rescale(band: Band, step: i32, most: i32, shift: i32): void {
  const logScale = clamp(((band.logScale * 127) >> 7) + step, 0, most);
  const mantissa = <i32>load<i16>(MANTISSA + (((logScale >> 6) & 31) << 1));
  const down = shift - (logScale >> 11);
  band.logScale = logScale;
  band.scale = (down < 0 ? mantissa << -down : mantissa >> down) << 2;
}

/** RECONS, PARREC, UPPOL, UPZERO, DELAYA and PREDIC for one quantized difference. */
function adapt(band: Band, difference: i32): void {
  const reconstructed = saturate(band.predicted + difference);
  adaptPoles(band, saturate(band.zeroPart + difference) >> 31);
  adaptZeros(band, difference);
  band.r2 = band.r1;
  band.r1 = saturate(reconstructed << 1);
  predict(band);
}

function adaptPoles(band: Band, sign: i32): void {
  const likeLast = sign === band.p1;
  const fromFirst = saturate(band.pole1 << 2);
  let second = likeLast ? min(32767, -fromFirst) : fromFirst;
  second = (sign === band.p2 ? 128 : -128) + (second >> 7) + ((band.pole2 * 32512) >> 15);
  const pole2 = clamp(second, -12288, 12288);
  const bound = saturate(15360 - pole2);
  band.pole2 = pole2;
  band.pole1 = clamp(saturate((likeLast ? 192 : -192) + ((band.pole1 * 32640) >> 15)), -bound, bound);
  band.p2 = band.p1;
  band.p1 = sign;
}

function adaptZeros(band: Band, difference: i32): void {
  const step = difference === 0 ? 0 : 128;
  const sign = i32x4.splat(difference >> 31);
  const along = i32x4.splat(step);
  const against = i32x4.splat(-step);
  const past = band.pastLow;
  const pastHigh = band.pastHigh;
  band.zerosLow = leak(band.zerosLow, past, sign, along, against);
  // Six coefficients: the last two lanes are kept at zero.
  const used = i32x4(-1, -1, 0, 0);
  band.zerosHigh = v128.and(leak(band.zerosHigh, pastHigh, sign, along, against), used);
  band.pastHigh = i32x4.shuffle(past, pastHigh, 3, 4, 5, 6);
  band.pastLow = i32x4.shuffle(i32x4.splat(saturate(difference << 1)), past, 0, 4, 5, 6);
}

function leak(zeros: v128, past: v128, sign: v128, along: v128, against: v128): v128 {
  const sameSign = i32x4.eq(i32x4.shr_s(past, 31), sign);
  const kept = i32x4.shr_s(i32x4.mul(zeros, i32x4.splat(32640)), 15);
  const moved = i32x4.add(kept, v128.bitselect(along, against, sameSign));
  return i32x4.min_s(i32x4.max_s(moved, i32x4.splat(-32768)), i32x4.splat(32767));
}

function predict(band: Band): void {
  const low = i32x4.shr_s(i32x4.mul(band.zerosLow, band.pastLow), 15);
  const high = i32x4.shr_s(i32x4.mul(band.zerosHigh, band.pastHigh), 15);
  const sums = i32x4.add(low, high);
  const zeros =
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3);
  const poles = saturate(((band.pole1 * band.r1) >> 15) + ((band.pole2 * band.r2) >> 15));
  band.zeroPart = saturate(zeros);
  band.predicted = saturate(poles + band.zeroPart);
}
