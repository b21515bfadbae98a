/**
 * Where things lie in a noise suppressor's slot, in bytes from its start. A slot full of zeros is one that has heard
 * nothing. Rows hold a value for each bin, as many as the longer transform has.
 */

@unmanaged
export class Denoise {
  /** Frames that taught what the noise is like; counted only until nothing depends on it any more. */
  taught: i32;
  /** Those of the running piece, how many pieces are kept, and which is the next to be replaced. */
  pieceFrames: i32;
  pieces: i32;
  nextPiece: i32;
  /** Whether the last frame was passed on as it is. */
  isPassing: i32;
  /** How sure it is, from 0 to 1, that somebody speaks. */
  busy: f32;
  /** Mean squares: of the noise, and of speech while there is some. */
  noise: f32;
  speech: f32;
}

const ROW: usize = 164 * 4;
/** Pieces of the past of which the least power is kept. */
export const MOST_PIECES: i32 = 5;

/** The frame before. */
export const HISTORY: usize = 64;
/** What the last transform adds to the coming frame. */
export const OVERLAP: usize = HISTORY + 640;
/** Power of the noise. */
export const NOISE: usize = OVERLAP + 640;
/** Power over a few frames, the least of it over the last second, and the least in the running piece. */
export const SMOOTH: usize = NOISE + ROW;
export const LEAST: usize = SMOOTH + ROW;
export const PIECE: usize = LEAST + ROW;
/** The least in each of the pieces before, a row each. */
const PIECES: usize = PIECE + ROW;
/** Power of the speech in the last frame. */
export const SPEECH: usize = PIECES + <usize>MOST_PIECES * ROW;
/** Speech over noise, over a few frames. */
export const LOCAL: usize = SPEECH + ROW;
export const DENOISE_BYTES: usize = LOCAL + ROW;

export function pieceAt(slot: usize, index: i32): usize {
  return slot + PIECES + <usize>index * ROW;
}
