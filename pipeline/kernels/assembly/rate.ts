/**
 * Between 8 or 16 kHz and 48, frame by frame: a low-pass at the higher rate, 36 samples of the lower one long, of which
 * only what is needed is calculated (Crochiere and Rabiner, "Multirate Digital Signal Processing", §3.3). With a Kaiser
 * window all that would mirror into 0 to 0.425 of the lower rate is 80 dB down and more.
 *
 * A slot has what came last, then the frame that came, and what was made of it; one full of zeros has heard nothing.
 */
import { product } from './vector.ts';

/** Samples of the lower rate. */
const TAPS: i32 = 36;
const MOST_FACTOR: i32 = 6;
/** 10 ms at 48 kHz. */
const MOST_SAMPLES: i32 = 480;
const KAISER_BETA: f64 = 8.3;

/** Where the frame that came goes when the rate is raised; when it is reduced, see `rateInput`. */
const INPUT_BYTES: usize = (<usize>((TAPS - 1) * MOST_FACTOR + 2 + MOST_SAMPLES)) << 2;
/** Where what was made of it lies. */
export const RATE_OUTPUT: usize = INPUT_BYTES;
export const RATE_BYTES: usize = RATE_OUTPUT + ((<usize>MOST_SAMPLES) << 2);

/** By factor: the whole low-pass, and its phases, each a row of the samples around it. */
const LOW_3 = memory.data(36 * 3 * 4, 16);
const LOW_6 = memory.data(36 * 6 * 4, 16);
const PHASES_3 = memory.data(36 * 3 * 4, 16);
const PHASES_6 = memory.data(36 * 6 * 4, 16);

fillTables(3, LOW_3, PHASES_3);
fillTables(6, LOW_6, PHASES_6);

/** Where in the slot a frame is to be written, in bytes: behind what came last. */
export function rateInput(factor: i32, isRaised: bool): usize {
  return (<usize>((TAPS - 1) * (isRaised ? 1 : factor))) << 2;
}

/** Makes `samples` of the lower rate of `factor` times as many. */
export function reduceRate(slot: usize, factor: i32, samples: i32): void {
  const low = factor === 3 ? LOW_3 : LOW_6;
  const step = (<usize>factor) << 2;
  for (let i = 0; i < samples; i++) {
    f32.store(slot + RATE_OUTPUT + ((<usize>i) << 2), product(slot + <usize>i * step, low, TAPS * factor));
  }
  memory.copy(slot, slot + <usize>samples * step, <usize>(TAPS - 1) * step);
}

/** Makes `factor` times as many of `samples` of the lower rate. */
export function raiseRate(slot: usize, factor: i32, samples: i32): void {
  const phases = factor === 3 ? PHASES_3 : PHASES_6;
  let output = slot + RATE_OUTPUT;
  for (let i = 0; i < samples; i++) {
    const input = slot + ((<usize>i) << 2);
    for (let phase = 0; phase < factor; phase++) {
      f32.store(output, product(input, phases + ((<usize>(phase * TAPS)) << 2), TAPS));
      output += 4;
    }
  }
  memory.copy(slot, slot + ((<usize>samples) << 2), (<usize>(TAPS - 1)) << 2);
}

function fillTables(factor: i32, low: usize, phases: usize): void {
  const taps = TAPS * factor;
  let sum: f64 = 0;
  for (let i = 0; i < taps; i++) sum += weight(i, taps, factor);
  for (let i = 0; i < taps; i++) {
    f32.store(low + ((<usize>i) << 2), <f32>(weight(i, taps, factor) / sum));
  }
  for (let phase = 0; phase < factor; phase++) {
    sum = 0;
    for (let k = 0; k < TAPS; k++) sum += weight(phase + k * factor, taps, factor);
    for (let k = 0; k < TAPS; k++) {
      // The newest sample meets the low-pass's beginning.
      const at = phases + ((<usize>(phase * TAPS + TAPS - 1 - k)) << 2);
      f32.store(at, <f32>(weight(phase + k * factor, taps, factor) / sum));
    }
  }
}

/** Windowed sinc whose cut-off is half of the lower rate. */
function weight(i: i32, taps: i32, factor: i32): f64 {
  const distance = <f64>i - <f64>(taps - 1) / 2;
  const angle = (NativeMath.PI * distance) / <f64>factor;
  const at = distance / (<f64>taps / 2);
  return (NativeMath.sin(angle) / angle) * bessel(KAISER_BETA * NativeMath.sqrt(1 - at * at));
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: f64): f64 {
  let term: f64 = 1;
  let sum: f64 = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    const part = x / <f64>(2 * k);
    term *= part * part;
    sum += term;
  }
  return sum;
}
