import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { RateHalver } from '../../pipeline/half_band.ts';
import { SeededRandom } from '../caller/random.ts';
import { activeSpeech } from './active_speech.ts';
import { filtered, highPass } from './filters.ts';
import { carNoise, hissNoise, streetNoise } from './noises.ts';
import type { NoiseKind, NoiseSet } from './sets.ts';
import { addAt, joined, levelDb, scaled, sum } from './signal.ts';
import { babbleNoise, televisionNoise } from './talking_noises.ts';
import { SOURCE_RATE_HZ, sentencesOf, type Voice, voiceName } from './voices.ts';

/** A voice and a noise, apart and equally long: what a microphone hears is their sum. */
export interface Passage {
  readonly name: string;
  readonly noiseKind: string;
  /** Active speech level over the level of the noise. */
  readonly snrDb: number;
  readonly rateHz: PipelineRateHz;
  readonly speech: Float32Array;
  readonly noise: Float32Array;
}

/** Noise alone, in which suppressors find out what it is like. */
const LEAD_MS = 1500;
const PAUSE_MS = 400;
const TAIL_MS = 300;
const SPEECH_MS = 8000;
/** A usual level of speech on the telephone (ITU-T G.101: about −26 dB of full scale). */
export const SPEECH_DB = -26;
/** What a handset's microphone leaves out. */
const HANDSET_HZ = 120;

/** The set's voice number `voiceIndex` in one of its noises; the same samples every time. */
export function createPassage(
  set: NoiseSet,
  noiseKind: NoiseKind,
  voiceIndex: number,
  snrDb: number,
  rateHz: PipelineRateHz,
): Passage {
  const voice = set.voices[voiceIndex]!;
  const said = atRate(utterance(voice), rateHz);
  const random = new SeededRandom(set.seed, `${noiseKind} ${voiceIndex}`);
  const heard = atRate(noiseOf(set, noiseKind, utterance(voice).length, random), rateHz);
  const speech = scaled(said, SPEECH_DB - activeSpeech(said, rateHz).levelDb);
  return {
    name: `${voiceName(voice)}, ${noiseKind}, ${snrDb} dB, ${rateHz / 1000} kHz`,
    noiseKind,
    snrDb,
    rateHz,
    speech,
    noise: scaled(heard, SPEECH_DB - snrDb - levelDb(heard)),
  };
}

export function microphone({ speech, noise }: Passage): Float32Array {
  return sum(speech, noise);
}

/** At 16 kHz, of any level. */
export function noiseOf(set: NoiseSet, kind: NoiseKind, length: number, random: SeededRandom): Float32Array {
  const make: Readonly<Record<NoiseKind, () => Float32Array>> = {
    babble: () => babbleNoise(length, set.babble, random),
    car: () => carNoise(length, set.car, random),
    street: () => streetNoise(length, set.street, random),
    television: () => televisionNoise(length, set.television, random),
    hiss: () => hissNoise(length, set.hiss, random),
  };
  return filtered(make[kind](), highPass(HANDSET_HZ, SOURCE_RATE_HZ));
}

/** Its sentences, with pauses between and noise alone before and after. */
function utterance(voice: Voice): Float32Array {
  const pause = silence(PAUSE_MS);
  const parts = sentencesOf(voice).flatMap(sentence => [sentence, pause]);
  return joined([silence(LEAD_MS), joined(parts).subarray(0, samplesIn(SPEECH_MS)), silence(TAIL_MS)]);
}

function silence(durationMs: number): Float32Array {
  return new Float32Array(samplesIn(durationMs));
}

function samplesIn(durationMs: number): number {
  return (durationMs * SOURCE_RATE_HZ) / 1000;
}

/** What was made at 16 kHz, halved where the pipeline runs at 8 kHz. */
export function atRate(signal: Float32Array, rateHz: PipelineRateHz): Float32Array {
  if (rateHz === SOURCE_RATE_HZ) return signal;
  const work = new Float32Array(signal.length + (signal.length & 1));
  addAt(work, 0, signal);
  return work.subarray(0, new RateHalver(work.length).convert(work, work.length));
}
