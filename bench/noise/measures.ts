import { activeSpeech } from './active_speech.ts';
import { meanSquare, powerDb } from './signal.ts';

/** Of a sound that is nothing at all, in dB. */
const NOTHING_DB = -100;

/** A voice and its noise, apart. */
export interface Parts {
  readonly speech: Float32Array;
  readonly noise: Float32Array;
}

/**
 * What a suppressor makes of each, seen from outside: it hears their sum and their difference, and half the sum and half
 * the difference of what it leaves of both are what is left of the voice and of the noise (Hagerman and Olofsson, "A
 * method to measure the effect of noise reduction algorithms using simultaneous speech and noise", Acta Acustica 2004).
 * It holds as far as the suppressor does the same to both.
 */
export function partsAfter(ofSum: Float32Array, ofDifference: Float32Array): Parts {
  return {
    speech: ofSum.map((sample, i) => (sample + ofDifference[i]!) / 2),
    noise: ofSum.map((sample, i) => (sample - ofDifference[i]!) / 2),
  };
}

export interface Gains {
  /** By how much the voice's level stands out more from the noise's, the noise of pauses included. */
  readonly snrGainDb: number;
  /** The same while the voice speaks. */
  readonly speakingSnrGainDb: number;
  /** By how much the sum is nearer to the clean voice, whatever its level (Le Roux et al., "SDR – half-baked or well done?"). */
  readonly siSdrGainDb: number;
  /** How much of the voice itself is lost. */
  readonly speechLossDb: number;
  /** How much of the noise is gone while nobody speaks; at most 100. */
  readonly pauseFallDb: number;
}

/** From `startMs` on, since a suppressor first has to find out what it hears. */
export function gainsOf(before: Parts, after: Parts, rateHz: number, startMs: number): Gains {
  const start = (startMs * rateHz) / 1000;
  const [from, to] = [partsFrom(before, start), partsFrom(after, start)];
  const { speaks } = activeSpeech(from.speech, rateHz);
  const speaking = (signal: Float32Array): Float32Array => framesThat(signal, speaks, rateHz);
  const pauses = speaks.map(one => !one);
  const pauseDb = ({ noise }: Parts): number => levelOrNothingDb(framesThat(noise, pauses, rateHz));
  const speechDb = (parts: Parts): number => levelOrNothingDb(speaking(parts.speech));
  const snrDb = (parts: Parts): number => ratioDb(speechDb(parts), levelOrNothingDb(parts.noise));
  const speakingSnrDb = (parts: Parts): number =>
    ratioDb(speechDb(parts), levelOrNothingDb(speaking(parts.noise)));
  return {
    snrGainDb: snrDb(to) - snrDb(from),
    speakingSnrGainDb: speakingSnrDb(to) - speakingSnrDb(from),
    siSdrGainDb: siSdrDb(from.speech, mixed(to)) - siSdrDb(from.speech, mixed(from)),
    speechLossDb: speechDb(from) - speechDb(to),
    pauseFallDb: pauseDb(from) - pauseDb(to),
  };
}

function partsFrom({ speech, noise }: Parts, start: number): Parts {
  return { speech: speech.subarray(start), noise: noise.subarray(start) };
}

function mixed({ speech, noise }: Parts): Float32Array {
  return speech.map((sample, i) => sample + noise[i]!);
}

/** A voice that is not there stands out from nothing. */
function ratioDb(speechDb: number, noiseDb: number): number {
  return speechDb <= NOTHING_DB ? NOTHING_DB : speechDb - noiseDb;
}

function levelOrNothingDb(signal: Float32Array): number {
  return Math.max(NOTHING_DB, powerDb(meanSquare(signal)));
}

/** The frames of 10 ms for which it is true, one after the other. */
function framesThat(signal: Float32Array, chosen: readonly boolean[], rateHz: number): Float32Array {
  const length = rateHz / 100;
  return signal.filter((_, i) => chosen[Math.floor(i / length)] === true);
}

/** Scale-invariant signal-to-distortion ratio. */
function siSdrDb(clean: Float32Array, heard: Float32Array): number {
  let [product, energy] = [0, 0];
  for (const [i, sample] of clean.entries()) {
    product += sample * heard[i]!;
    energy += sample * sample;
  }
  const scale = energy === 0 ? 0 : product / energy;
  const wanted = clean.map(sample => scale * sample);
  const rest = heard.map((sample, i) => sample - wanted[i]!);
  return Math.max(NOTHING_DB, ratioDb(levelOrNothingDb(wanted), levelOrNothingDb(rest)));
}
