/** What both ends are given before they are transformed. */

/** First-order, so that speech excites all bands alike. */
export const PRE_EMPHASIS: f32 = 0.9;

/**
 * A fixed −120 dB of noise on both inputs: WebAssembly can't flush denormals, and silence would decay into them and cost
 * three times as much as speech.
 */
const HISS = memory.data(320 * 4, 16);

let state: u32 = 1;
for (let i: usize = 0; i < 320; i++) {
  state = state * 1664525 + 1013904223;
  store<f32>(HISS + (i << 2), (<f32>(state >> 8) / 16777216 - 0.5) * 4e-6);
}

/** Four samples of it, `at` bytes from its beginning. */
export function hissAt(at: usize): v128 {
  return v128.load(HISS + at);
}
