/**
 * Where things lie in an echo canceller's slot, in bytes from its start, and in that of its shadow. A slot full of zeros
 * is one without history, save for what `openEcho` writes.
 */
import { rowBytes } from './fft.ts';

/** 256 ms. */
const MOST_PARTITIONS: i32 = 26;
/** Rows of the longer transform. */
const MOST_ROW: usize = 164 * 4;
/** Real and imaginary parts of all partitions. */
const MOST_PAIRS: usize = <usize>MOST_PARTITIONS * 2 * MOST_ROW;
const MOST_FRAME: usize = 160 * 4;
/** A band is so many bins, 400 Hz, but for the last, which is a single one. */
export const BAND_BYTES: usize = 32;
const MOST_BANDS: usize = 24;

/** Samples of the far end that are kept, 16-bit: 2.1 s at 16 kHz; whole frames at both rates. */
export const FAR_RING: i32 = 33600;
/** The ring's beginning once more behind its end, so that any two frames lie in one piece. */
const FAR_MIRROR: i32 = 480;
/** Of the near end: 1 s at 16 kHz. */
export const NEAR_RING: i32 = 16320;

@unmanaged
export class Echo {
  /** Samples of a frame, 80 or 160. */
  frame: i32;
  partitions: i32;
  /** By how much the filter's first tap lies behind what was sent, in samples. */
  delay: i32;
  /** Where the next frames go in the rings, in samples. */
  farAt: i32;
  nearAt: i32;
  /** Partition whose row of X is the newest, and the one whose filter is to be constrained next. */
  newest: i32;
  turn: i32;
  /** Frames since the far end was last heard, and those in which it was, up to the few that warm the filter up. */
  quietFrames: i32;
  warmFrames: i32;
  /** Whether the filter is to be seeded before the next frame. */
  isSeedDue: i32;
  isFarHeard: i32;
  /** Whether the far end was heard when the newest echo set out. */
  isEchoDue: i32;
  isAstray: i32;
  lostFrames: i32;
  isResting: i32;
  isSuppressing: i32;
  /** Frames for which nothing is learnt, as the line made up or joined on what was heard. */
  doubtfulFrames: i32;
  /** Frames in which what is heard does not hold the estimate, and those that followed one another. */
  opposedFrames: i32;
  opposedRun: i32;
  /** Frames for which a near talker is yet taken to be there, and those in a row in which one was seen. */
  nearFrames: i32;
  nearRun: i32;
  goodFrames: i32;
  hasGood: i32;
  /** Frames with far end in which the filter did little. */
  poorFrames: i32;
  /** Energies of error, near end, far end and echo estimate, and the product of error and estimate, smoothed. */
  error: f32;
  near: f32;
  far: f32;
  estimate: f32;
  errorByEstimate: f32;
  over: f32;
  /** What of the mean estimate a loudspeaker that distorts puts into every band. */
  rough: f32;
  /** 1 in a frame whose echo is not that of what was sent, and less after one. */
  unsure: f32;
  /** What part of the error is coherent with the estimate. */
  coherent: f32;
  /** How much of the estimate is in what is heard; 1 is all of it, more is a filter that has yet to grow. */
  held: f32;
  /** How much of the estimate is believed in, 0 to 1. */
  trust: f32;
  /** Last samples of the pre-emphasis and the de-emphasis. */
  nearLast: f32;
  outLast: f32;
  /** Mean squares, full scale 1, of the echo in the frame that came out last, before and after all. */
  echoPower: f32;
  residualPower: f32;
  /** Frames for which the line is yet taken to lose packets. */
  lossyFrames: i32;
  /** How loud the near talker is, as the suppressor sees it: the loudest frame, with a slow decay. */
  nearPower: f32;
}

/** The last frames of the error and of the echo estimate, and what the next frame's output begins with. */
export const ERROR_LAST: usize = 256;
export const ESTIMATE_LAST: usize = ERROR_LAST + MOST_FRAME;
export const OVERLAP: usize = ESTIMATE_LAST + MOST_FRAME;
/** What was taken out of the last frame. */
export const TAKEN: usize = OVERLAP + MOST_FRAME;
/** Rows: power of the near end, output of the last frame by bin, echo power with its decay, gains. */
export const NEAR_POWER: usize = TAKEN + MOST_FRAME;
export const OUT_BEFORE: usize = NEAR_POWER + MOST_ROW;
export const ECHO_POWER: usize = OUT_BEFORE + MOST_ROW;
export const GAIN: usize = ECHO_POWER + MOST_ROW;
/** Rows, smoothed: error by estimate, powers of both. */
export const CROSS_RE: usize = GAIN + MOST_ROW;
export const CROSS_IM: usize = CROSS_RE + MOST_ROW;
export const ERROR_POWER: usize = CROSS_IM + MOST_ROW;
export const ESTIMATE_POWER: usize = ERROR_POWER + MOST_ROW;
/** For each band, what part of the estimate's power the error still holds. */
export const LEAK: usize = ESTIMATE_POWER + MOST_ROW;
/** For each partition: far-end spectra and filters (two rows each), variances (a row), and the last good filters. */
/** For each band, the power of the noise beneath. */
export const NOISE: usize = LEAK + MOST_BANDS * 4;
/** For each band, power of the filter's uncertainty, and by what factor it has to grow. */
export const UNCERTAIN: usize = NOISE + MOST_BANDS * 4;
export const DOUBT: usize = UNCERTAIN + MOST_BANDS * 4;
/** For each band: the estimate's power with a slow decay, and that of the far end on its way, likewise. */
export const ECHO_HELD: usize = DOUBT + MOST_BANDS * 4;
export const FAR_AHEAD: usize = ECHO_HELD + MOST_BANDS * 4;
/** For each band, powers of the far end and of its echo, summed up over a second. */
export const FAR_SUM: usize = FAR_AHEAD + MOST_BANDS * 4;
export const ECHO_SUM: usize = FAR_SUM + MOST_BANDS * 4;
export const FAR_SPECTRA: usize = ECHO_SUM + MOST_BANDS * 4;
export const FILTERS: usize = FAR_SPECTRA + MOST_PAIRS;
export const VARIANCES: usize = FILTERS + MOST_PAIRS;
export const GOOD_FILTERS: usize = VARIANCES + MOST_PAIRS / 2;
export const FAR_SAMPLES: usize = GOOD_FILTERS + MOST_PAIRS;
export const NEAR_SAMPLES: usize = FAR_SAMPLES + <usize>(FAR_RING + FAR_MIRROR) * 2;
export const ECHO_BYTES: usize = NEAR_SAMPLES + <usize>NEAR_RING * 2;

/** How far apart a partition's spectra lie, and its variances. */
export function pairBytes(echo: Echo): usize {
  return 2 * rowBytes(echo.frame);
}

/** One component of what was heard, treated as the canceller treated the whole. */
@unmanaged
export class EchoShadow {
  inLast: f32;
  outLast: f32;
}

export const SHADOW_LAST: usize = 16;
export const SHADOW_OVERLAP: usize = SHADOW_LAST + MOST_FRAME;
export const ECHO_SHADOW_BYTES: usize = SHADOW_OVERLAP + MOST_FRAME;
