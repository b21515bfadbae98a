import type { AskedStep } from '../../src/agent/endpointing.ts';
import type { AnswerKind } from '../../src/workflow/types.ts';
import type { Voices } from '../bargein/voices.ts';
import { SeededRandom } from '../caller/random.ts';
import { activeSpeech } from '../noise/active_speech.ts';
import { atRate } from '../noise/passages.ts';
import { addAt, fromInt16, scaled, sum } from '../noise/signal.ts';
import { SOURCE_RATE_HZ } from '../noise/voices.ts';
import { lineHiss } from '../vad/disturbances.ts';
import { CODECS } from '../wire/codec.ts';
import { type SaidPiece, sayPiece } from './mouth.ts';
import { type PartialTranscript, partialsOf } from './recogniser.ts';
import type { TurnSources, TurnVoice } from './sources.ts';
import { drawManner, drawUtterance, type Manner, type Utterance } from './utterances.ts';

/** A turn in a call's sound. Times are milliseconds from its beginning. */
export interface LabelledTurn {
  readonly kind: AnswerKind;
  readonly step: AskedStep;
  /** Question asked; first sound; last sound. */
  readonly askedMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Pauses within it. */
  readonly pausesMs: readonly number[];
  readonly text: string;
  readonly partials: readonly PartialTranscript[];
}

/** What a line brought of one caller, G.711 at 8 kHz, and what was said when. */
export interface LabelledCall {
  readonly voice: string;
  readonly samples: Float32Array;
  readonly turns: readonly LabelledTurn[];
}

export const RATE_HZ = 8000;
/** Active level of speech in dB of full scale as ITU-T G.101 has it, and how far callers lie off it. */
const SPEECH_DB = -26;
const SPREAD_DB = 5;
const LEAD_MS = 1500;
/** Behind each turn: longer than any rule waits. */
export const REST_MS = 4500;
/** From the question's end to the first word. */
const ANSWER_MS = 600;

/** Call number `index` of a set; the same samples each time. */
export function createCall(sources: TurnSources, index: number, turns: number, voices: Voices): LabelledCall {
  const voice = sources.voices[index % sources.voices.length]!;
  const random = new SeededRandom(sources.seed, `${sources.name} ${index}`);
  const manner = drawManner(random);
  const levelDb = SPEECH_DB + SPREAD_DB * (2 * random.next() - 1);
  const said: Float32Array[] = [];
  const labelled: LabelledTurn[] = [];
  let atMs = LEAD_MS;
  for (let turn = 0; turn < turns; turn += 1) {
    const utterance = drawUtterance(sources, manner, voice.by === 'person', random);
    const pieces = say(voice, utterance, manner, voices);
    const sound = soundOf(pieces, utterance);
    const loud = scaled(sound, levelDb - activeSpeech(sound, SOURCE_RATE_HZ).levelDb);
    said.push(loud);
    const endMs = atMs + (sound.length * 1000) / SOURCE_RATE_HZ;
    labelled.push(label(utterance, pieces, atMs, endMs, random));
    atMs = Math.ceil(endMs) + REST_MS;
  }
  const whole = new Float32Array((atMs * SOURCE_RATE_HZ) / 1000);
  for (const [turn, { startMs }] of labelled.entries()) addAt(whole, samplesIn(startMs), said[turn]!);
  return { voice: nameOf(voice), samples: overLine(whole, random), turns: labelled };
}

function say(voice: TurnVoice, { pieces }: Utterance, { pace }: Manner, voices: Voices): SaidPiece[] {
  // Who pauses for long speaks a little more slowly, too.
  const rate = Math.round(10 * Math.min(1.3, Math.max(0.8, pace ** -0.4))) / 10;
  return pieces.map(({ words }) => sayPiece(voice, words, rate, voices));
}

function soundOf(pieces: readonly SaidPiece[], utterance: Utterance): Float32Array {
  const pauses = utterance.pieces.map(({ pauseMs }) => samplesIn(pauseMs));
  const length = pieces.reduce((total, { samples }, index) => total + samples.length + pauses[index]!, 0);
  const sound = new Float32Array(length);
  let at = 0;
  for (const [index, { samples }] of pieces.entries()) {
    sound.set(samples, at);
    at += samples.length + pauses[index]!;
  }
  return sound;
}

function label(
  { kind, step, pieces: planned }: Utterance,
  pieces: readonly SaidPiece[],
  startMs: number,
  endMs: number,
  random: SeededRandom,
): LabelledTurn {
  const words: { word: string; endMs: number }[] = [];
  let atMs = startMs;
  for (const [index, { samples, words: said }] of pieces.entries()) {
    for (const { word, endMs: wordEndMs } of said) words.push({ word, endMs: atMs + wordEndMs });
    atMs += (1000 * (samples.length + samplesIn(planned[index]!.pauseMs))) / SOURCE_RATE_HZ;
  }
  return {
    kind,
    step,
    askedMs: startMs - ANSWER_MS,
    startMs,
    endMs,
    pausesMs: planned.slice(0, -1).map(({ pauseMs }) => pauseMs),
    text: words.map(({ word }) => word).join(' '),
    partials: partialsOf(words, random),
  };
}

function overLine(whole: Float32Array, random: SeededRandom): Float32Array {
  const heard = atRate(sum(whole, lineHiss(whole.length, random)), RATE_HZ);
  const pcm = Int16Array.from(heard, sample =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
  return fromInt16(CODECS.PCMU.createDecoder()(CODECS.PCMU.createEncoder()(pcm)));
}

function nameOf(voice: TurnVoice): string {
  return voice.by === 'person' ? `recorded ${voice.folder}` : `${voice.by} ${voice.voice}`;
}

function samplesIn(durationMs: number): number {
  return Math.round((durationMs * SOURCE_RATE_HZ) / 1000);
}
