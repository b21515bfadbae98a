/** Frames of sine windows that overlap by half: a spectrum's frame is whole only when the next one is there. */

import { ERROR, ESTIMATE } from './echo_filter.ts';
import { Echo, ERROR_LAST, ESTIMATE_LAST, OVERLAP } from './echo_slot.ts';
import { forward, inverse } from './fft.ts';
import { add, mul } from './vector.ts';

const NARROW_WINDOW = memory.data(160 * 4, 16);
const WIDE_WINDOW = memory.data(320 * 4, 16);
fillWindow(NARROW_WINDOW, 160);
fillWindow(WIDE_WINDOW, 320);

const FRAMES = memory.data(320 * 4, 16);
/** Spectra of the frame in hand and the one before: what the filter left, and what it took for the echo. */
export const ERROR_RE = memory.data(164 * 4, 16);
export const ERROR_IM = memory.data(164 * 4, 16);
export const ESTIMATE_RE = memory.data(164 * 4, 16);
export const ESTIMATE_IM = memory.data(164 * 4, 16);

function fillWindow(window: usize, samples: i32): void {
  for (let i = 0; i < samples; i++) {
    store<f32>(window + ((<usize>i) << 2), <f32>Math.sin((Math.PI * (i + 0.5)) / samples));
  }
}

/** ERROR and ESTIMATE to their spectra. */
export function analyseFrame(slot: usize, echo: Echo): void {
  analyse(echo.frame, slot + ESTIMATE_LAST, ESTIMATE, ESTIMATE_RE, ESTIMATE_IM);
  analyse(echo.frame, slot + ERROR_LAST, ERROR, ERROR_RE, ERROR_IM);
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

/** What analysis and synthesis come to when nothing is done to the spectrum. */
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
