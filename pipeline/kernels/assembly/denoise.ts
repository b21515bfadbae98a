/**
 * A light noise suppressor: a gain for each bin of frames that overlap by half, under the root of a Hann window on either
 * side. What comes out is a frame behind.
 */
import { attenuate } from './denoise_gain.ts';
import { learn } from './denoise_noise.ts';
import { POWER, TINY } from './denoise_rows.ts';
import { DENOISE_BYTES, Denoise, HISTORY, OVERLAP } from './denoise_slot.ts';
import { forward, inverse, rowBytes } from './fft.ts';
import { add, mul, splat } from './vector.ts';

/** Samples are held within this, so that whatever comes in leaves the state finite; full scale is 1. */
const BOUND: f32 = 4;
/** Less is silence, −160 dB: it would end up in denormals, which are slow. */
const INAUDIBLE: f32 = 1e-8;

const NARROW_WINDOW = memory.data(160 * 4, 16);
const WIDE_WINDOW = memory.data(320 * 4, 16);
const TIME = memory.data(320 * 4, 16);
const RE = memory.data(164 * 4, 16);
const IM = memory.data(164 * 4, 16);

fillWindow(NARROW_WINDOW, 160);
fillWindow(WIDE_WINDOW, 320);

/**
 * Works on `n` samples (80 or 160) in place, given back a frame later: turns noise down to no less than `floor`, and
 * learns what the noise is like unless `mayTeach` is 0.
 */
export function denoise(slot: usize, samples: usize, n: i32, floor: f32, mayTeach: i32): void {
  const state = changetype<Denoise>(slot);
  if (state.isPassing) resume(slot, n);
  analyse(slot, samples, n);
  learn(slot, n, mayTeach !== 0);
  attenuate(slot, n, floor, RE, IM);
  synthesise(slot, samples, n);
}

/** Gives the frame back a frame later, as it is. */
export function passNoise(slot: usize, samples: usize, n: i32): void {
  const bytes: usize = (<usize>n) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const before = v128.load(slot + HISTORY + at);
    v128.store(slot + HISTORY + at, clean(v128.load(samples + at)));
    v128.store(samples + at, before);
  }
  const state = changetype<Denoise>(slot);
  state.isPassing = 1;
  state.noise = 0;
  state.speech = 0;
  state.busy = 0;
}

/** Forgets all that was heard. */
export function resetNoise(slot: usize): void {
  memory.fill(slot, 0, DENOISE_BYTES);
}

/** Mean square of the noise; 0 before any was heard. */
export function noisePower(slot: usize): f32 {
  return changetype<Denoise>(slot).noise;
}

/** Mean square of speech while there is some, without the noise; 0 before any was heard. */
export function speechPower(slot: usize): f32 {
  return changetype<Denoise>(slot).speech;
}

/** How sure it is, from 0 to 1, that the frame that came in last holds speech. */
export function speechPresence(slot: usize): f32 {
  return changetype<Denoise>(slot).busy;
}

export { DENOISE_BYTES };

function windowOf(n: i32): usize {
  return n === 80 ? NARROW_WINDOW : WIDE_WINDOW;
}

/** What was passed on goes over into what is worked on; what is known of the noise is old, and forgotten. */
function resume(slot: usize, n: i32): void {
  const bytes: usize = (<usize>n) << 2;
  const falling = windowOf(n) + bytes;
  memory.fill(slot, 0, HISTORY);
  memory.fill(slot + OVERLAP, 0, DENOISE_BYTES - OVERLAP);
  for (let at: usize = 0; at < bytes; at += 16) {
    const weight = v128.load(falling + at);
    v128.store(slot + OVERLAP + at, mul(v128.load(slot + HISTORY + at), mul(weight, weight)));
  }
}

/** The frame before and this one to bins at RE and IM, and their POWER. */
function analyse(slot: usize, samples: usize, n: i32): void {
  const bytes: usize = (<usize>n) << 2;
  const window = windowOf(n);
  for (let at: usize = 0; at < bytes; at += 16) {
    const fresh = clean(v128.load(samples + at));
    v128.store(TIME + at, mul(v128.load(slot + HISTORY + at), v128.load(window + at)));
    v128.store(TIME + bytes + at, mul(fresh, v128.load(window + bytes + at)));
    v128.store(slot + HISTORY + at, fresh);
  }
  forward(n, TIME, RE, IM);
  const row = rowBytes(n);
  for (let at: usize = 0; at < row; at += 16) {
    const re = v128.load(RE + at);
    const im = v128.load(IM + at);
    v128.store(POWER + at, add(splat(TINY), add(mul(re, re), mul(im, im))));
  }
}

function synthesise(slot: usize, samples: usize, n: i32): void {
  const bytes: usize = (<usize>n) << 2;
  const window = windowOf(n);
  inverse(n, RE, IM, TIME);
  for (let at: usize = 0; at < bytes; at += 16) {
    const rising = mul(v128.load(TIME + at), v128.load(window + at));
    v128.store(samples + at, add(v128.load(slot + OVERLAP + at), rising));
    v128.store(slot + OVERLAP + at, mul(v128.load(TIME + bytes + at), v128.load(window + bytes + at)));
  }
}

/** What is no number, or inaudible, is silence. */
function clean(samples: v128): v128 {
  const bounded = f32x4.pmax(splat(-BOUND), f32x4.pmin(splat(BOUND), samples));
  const audible = f32x4.gt(f32x4.abs(bounded), splat(INAUDIBLE));
  const isNumber = f32x4.eq(samples, samples);
  return v128.and(bounded, v128.and(audible, isNumber));
}

function fillWindow(window: usize, length: i32): void {
  for (let i = 0; i < length; i++) {
    store<f32>(window + ((<usize>i) << 2), <f32>Math.sin((Math.PI * (<f64>i + 0.5)) / <f64>length));
  }
}
