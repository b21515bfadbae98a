/** How loud an echo may be that comes sooner or later than it is expected, as jitter buffers at the far end have it. */
import { transformFar } from './echo_history.ts';
import {
  BAND_BYTES,
  ECHO_HELD,
  ECHO_SUM,
  Echo,
  FAR_AHEAD,
  FAR_SPECTRA,
  FAR_SUM,
  pairBytes,
} from './echo_slot.ts';
import { rowBytes } from './fft.ts';
import { add, mul, splat, total } from './vector.ts';

/** An echo may come so many frames sooner. */
const AHEAD_FRAMES: i32 = 5;
const AHEAD_DECAY: f32 = 0.8;
/** Or so much later: 3 dB in 40 ms. */
const HELD_DECAY: f32 = 0.85;
const SUM_DECAY: f32 = 0.98;
/** Keeps what decays from becoming denormal. */
const TINY: f32 = 1e-18;

const SPECTRUM = memory.data(2 * 164 * 4, 16);
/** For each band: power of what was sent, and of its echo at any time thereabouts. */
const SENT = memory.data(24 * 4, 16);
export const ELSEWHERE = memory.data(24 * 4, 16);

/** Looks at what was sent, and at what of it is yet to come back. */
export function lookAhead(slot: usize, echo: Echo): void {
  const row = rowBytes(echo.frame);
  const ahead = min(AHEAD_FRAMES, echo.delay / echo.frame);
  transformFar(slot, echo, -ahead, SPECTRUM);
  const newest = slot + FAR_SPECTRA + <usize>echo.newest * pairBytes(echo);
  for (let from: usize = 0; from < row; from += BAND_BYTES) {
    const to = min(from + BAND_BYTES, row);
    const at = slot + FAR_AHEAD + from / 8;
    store<f32>(at, max<f32>(powerOf(SPECTRUM, row, from, to), AHEAD_DECAY * load<f32>(at) + TINY));
    store<f32>(SENT + from / 8, powerOf(newest, row, from, to));
  }
}

function powerOf(spectrum: usize, row: usize, from: usize, to: usize): f32 {
  let powers = splat(0);
  for (let k = from; k < to; k += 16) {
    const re = v128.load(spectrum + k);
    const im = v128.load(spectrum + row + k);
    powers = add(powers, add(mul(re, re), mul(im, im)));
  }
  return total(powers);
}

/** Takes note of a band's echo, and tells how loud it may be elsewhere: on lines that lose packets only. */
export function holdBand(slot: usize, echo: Echo, band: usize, power: f32, isDoubtful: bool): void {
  if (echo.lossyFrames === 0) {
    store<f32>(ELSEWHERE + band, 0);
    return;
  }
  const held = max<f32>(power, HELD_DECAY * load<f32>(slot + ECHO_HELD + band) + TINY);
  store<f32>(slot + ECHO_HELD + band, held);
  let sent = load<f32>(slot + FAR_SUM + band);
  let echoed = load<f32>(slot + ECHO_SUM + band);
  if (!isDoubtful && echo.hasGood && echo.isEchoDue) {
    sent = SUM_DECAY * sent + load<f32>(SENT + band) + TINY;
    echoed = SUM_DECAY * echoed + power + TINY;
    store<f32>(slot + FAR_SUM + band, sent);
    store<f32>(slot + ECHO_SUM + band, echoed);
  }
  const ahead = (load<f32>(slot + FAR_AHEAD + band) * echoed) / (sent + 1e-9);
  store<f32>(ELSEWHERE + band, max<f32>(held, ahead));
}
