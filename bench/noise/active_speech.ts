import { meanSquare, powerDb } from './signal.ts';

const FRAME_MS = 10;
/** A frame speaks when it is no more than this below the loud ones. */
const RANGE_DB = 30;
/** The loud ones: all but this share of the frames are below. */
const LOUD_SHARE = 0.05;

export interface ActiveSpeech {
  /** Of the frames that speak alone, in dB of full scale. */
  readonly levelDb: number;
  /** One a frame of 10 ms. */
  readonly speaks: readonly boolean[];
}

/** Where a clean voice speaks, and how loud it is there: a plain stand-in for ITU-T P.56. */
export function activeSpeech(clean: Float32Array, rateHz: number): ActiveSpeech {
  const powers = framePowers(clean, rateHz);
  const loud = powers.toSorted((a, b) => b - a)[Math.floor(powers.length * LOUD_SHARE)] ?? 0;
  const least = loud * 10 ** (-RANGE_DB / 10);
  const speaks = powers.map(power => power > 0 && power >= least);
  const active = powers.filter((_, frame) => speaks[frame]);
  const mean = active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length);
  return { levelDb: powerDb(mean), speaks };
}

/** Mean square of each whole frame of 10 ms. */
function framePowers(signal: Float32Array, rateHz: number): number[] {
  const length = (rateHz * FRAME_MS) / 1000;
  return Array.from({ length: Math.floor(signal.length / length) }, (_, frame) =>
    meanSquare(signal.subarray(frame * length, (frame + 1) * length)),
  );
}
