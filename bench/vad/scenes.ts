import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { SeededRandom } from '../caller/random.ts';
import { activeSpeech } from '../noise/active_speech.ts';
import { atRate, noiseOf } from '../noise/passages.ts';
import type { NoiseKind, NoiseSet } from '../noise/sets.ts';
import { addAt, fromInt16, levelDb, scaled, sum } from '../noise/signal.ts';
import { SOURCE_RATE_HZ, sentencesOf, type Voice, voiceName } from '../noise/voices.ts';
import { CODECS } from '../wire/codec.ts';
import { type Between, lineHiss, playBetween, residueOf } from './disturbances.ts';
import type { VadSet } from './sets.ts';
import { type Stretch, speechIn } from './stretches.ts';

/** What one leg of a call brought, and where somebody spoke in it. */
export interface Scene {
  readonly condition: string;
  readonly voice: string;
  readonly rateHz: PipelineRateHz;
  readonly samples: Float32Array;
  readonly spoken: readonly Stretch[];
}

/** What is heard beside the voice. */
export type Condition =
  | { readonly kind: 'clean' }
  /** All the time, so much below the active speech. */
  | { readonly kind: 'noise'; readonly noise: NoiseKind; readonly snrDb: number }
  /** What an echo canceller leaves of the agent, all the time. */
  | { readonly kind: 'echo residue' }
  /** In the pauses alone. */
  | { readonly kind: 'between'; readonly between: Between };

function conditionName(condition: Condition): string {
  switch (condition.kind) {
    case 'noise':
      return `${condition.noise} ${condition.snrDb} dB`;
    case 'between':
      return condition.between;
    default:
      return condition.kind;
  }
}

/** Active level of the speech, in dB of full scale, as ITU-T G.101 has it, and how far single utterances lie off it. */
const SPEECH_DB = -26;
const SPREAD_DB = 6;
const LEAD_MS = 2000;
/** Short ones, and one after every sentence or two in which a caller listens. */
const PAUSES_MS = { least: 700, most: 1500, listening: 5000 } as const;

/** Voice number `voiceIndex` of the set under a condition; the same samples each time. G.711 at 8 kHz, G.722 at 16 kHz. */
export function createScene(
  set: VadSet,
  condition: Condition,
  voiceIndex: number,
  rateHz: PipelineRateHz,
): Scene {
  const voice = set.voices[voiceIndex]!;
  const speech = speak(voice, new SeededRandom(set.seed, voiceName(voice)));
  const spoken = speechIn(speech, SOURCE_RATE_HZ);
  const random = new SeededRandom(set.seed, `${conditionName(condition)} ${voiceIndex}`);
  const heard = sum(
    speech,
    lineHiss(speech.length, random),
    besides(set, condition, { rateHz, length: speech.length, spoken, voiceIndex }, random),
  );
  return {
    condition: conditionName(condition),
    voice: voiceName(voice),
    rateHz,
    samples: overLine(atRate(heard, rateHz), rateHz),
    spoken,
  };
}

/** What the voice has to say, with pauses between. */
function speak(voice: Voice, random: SeededRandom): Float32Array {
  const pauses = sentencesOf(voice).map((_, index) =>
    index % 2 === 1 ? PAUSES_MS.listening : random.integer(PAUSES_MS.least, PAUSES_MS.most),
  );
  const sentences = sentencesOf(voice).map(sentence =>
    scaled(
      sentence,
      SPEECH_DB + SPREAD_DB * (2 * random.next() - 1) - activeSpeech(sentence, SOURCE_RATE_HZ).levelDb,
    ),
  );
  const lengths = sentences.map((sentence, index) => sentence.length + samplesIn(pauses[index]!));
  const whole = new Float32Array(lengths.reduce((total, length) => total + length, samplesIn(LEAD_MS)));
  let at = samplesIn(LEAD_MS);
  for (const [index, sentence] of sentences.entries()) {
    addAt(whole, at, sentence);
    at += lengths[index]!;
  }
  return whole;
}

interface Surroundings extends Pick<Scene, 'rateHz' | 'spoken'> {
  readonly length: number;
  readonly voiceIndex: number;
}

function besides(
  { noises }: VadSet,
  condition: Condition,
  { rateHz, length, spoken, voiceIndex }: Surroundings,
  random: SeededRandom,
): Float32Array {
  switch (condition.kind) {
    case 'noise': {
      const noise = noiseFor(noises, condition.noise, length, voiceIndex);
      return scaled(noise, SPEECH_DB - condition.snrDb - levelDb(atRate(noise, rateHz)));
    }
    case 'echo residue':
      return residueOf(noises.babble.voices, length, random);
    case 'between':
      return playBetween(condition.between, noises, length, spoken, random);
    case 'clean':
      return new Float32Array(length);
  }
}

const noisesMade = new Map<string, Float32Array>();

/** Around one voice, the same at every level and rate. */
function noiseFor(noises: NoiseSet, kind: NoiseKind, length: number, voiceIndex: number): Float32Array {
  const key = `${noises.name} ${kind} ${voiceIndex} ${length}`;
  const made = noisesMade.get(key) ?? noiseOf(noises, kind, length, new SeededRandom(noises.seed, key));
  noisesMade.set(key, made);
  return made;
}

/** Through the codec that a trunk has at this rate. */
function overLine(samples: Float32Array, rateHz: PipelineRateHz): Float32Array {
  const codec = rateHz === 8000 ? CODECS.PCMU : CODECS.G722;
  const pcm = Int16Array.from(samples, sample =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
  return fromInt16(codec.createDecoder()(codec.createEncoder()(pcm)));
}

function samplesIn(durationMs: number): number {
  return (durationMs * SOURCE_RATE_HZ) / 1000;
}
