import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { CodecLeg } from '../../pipeline/kernels/codec_leg.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { SeededRandom } from '../caller/random.ts';
import { carry } from '../concealment/carry.ts';
import { parseImpairment } from '../wire/impaired_path.ts';
import { type Companding, compand, fromPcm, rateOf, toPcm } from './companding.ts';
import { convolve } from './convolve.ts';
import { overdrive } from './loudspeaker.ts';
import { makeNoise, type NoiseColour } from './noise.ts';
import { type EchoPath, impulseResponse } from './path.ts';
import { playBack } from './playback.ts';
import { type Received, receive } from './receive.ts';
import { LINE_TAIL_MS, ROOM_TAIL_MS, type Scene, type SceneKind } from './scene.ts';
import { energyOf, fromDb, setActiveLevel, sum } from './signal.ts';
import type { Voice, Voices } from './voices.ts';

/** Who talks at one end, in turns. */
export interface Talker {
  readonly voice: Voice;
  /** While active, in dB of full scale. */
  readonly levelDb: number;
  /** From when to when, in seconds; all the time when left out. */
  readonly turns?: readonly (readonly [fromS: number, toS: number])[];
  /** Which of its utterances is the first. */
  readonly first?: number;
}

/** How a scene is made. What is left out does not happen. */
export interface Recipe {
  readonly name: string;
  readonly kind: SceneKind;
  readonly seed: number;
  readonly seconds: number;
  readonly companding: Companding;
  /** What it runs at where the companding does not say. */
  readonly rateHz?: PipelineRateHz;
  readonly far: Talker;
  readonly path: EchoPath;
  /** Through the network and back, beyond the path's own. */
  readonly delayMs?: number;
  readonly jump?: { readonly atS: number; readonly byMs: number };
  /** How much faster the far device's clock runs. */
  readonly driftPpm?: number;
  /** Of packets, each way on its own. */
  readonly lossPercent?: number;
  /** Of the loudspeaker. */
  readonly drive?: number;
  readonly near?: Talker;
  readonly noise?: { readonly colour: NoiseColour; readonly levelDb: number };
}

/** What scenes are made with. */
export interface Workshop {
  readonly voices: Voices;
  /** With a leg. */
  readonly memory: KernelMemory;
}

/** Never is it quite silent at the other end. */
const LEAST_NOISE = { colour: 'white', levelDb: -72 } as const;
const PAUSE_MS = 250;
const FADE_MS = 5;

/** The same scene each time. */
export function makeScene(recipe: Recipe, workshop: Workshop): Scene {
  const { companding, path, near, jump } = recipe;
  const rateHz = rateOf(companding, recipe.rateHz ?? 8000);
  const length = recipe.seconds * rateHz;
  const far = compand(talk(recipe.far, rateHz, length, workshop.voices), companding);
  const echo = echoOf(far, recipe, rateHz, workshop);
  const { colour, levelDb } = recipe.noise ?? LEAST_NOISE;
  const noise = makeNoise(colour, levelDb, length, new SeededRandom(recipe.seed, 'noise'));
  const talked = near === undefined ? noise : sum(talk(near, rateHz, length, workshop.voices), noise);
  const line = (samples: Float32Array): Received => received(samples, recipe, workshop);
  return {
    name: recipe.name,
    kind: recipe.kind,
    rateHz,
    far,
    ...receive(talked, echo, near !== undefined, line),
    changedAtS: jump?.atS,
    tailMs: path.type === 'room' ? ROOM_TAIL_MS : LINE_TAIL_MS,
  };
}

/** What a talker says in turns, with soft edges, at its level. */
function talk(
  { voice, levelDb, turns, first }: Talker,
  rateHz: PipelineRateHz,
  length: number,
  voices: Voices,
): Float32Array {
  const said = new Float32Array(length);
  let utterance = first ?? 0;
  for (const [fromS, toS] of turns ?? [[0, length / rateHz]]) {
    const from = Math.round(fromS * rateHz);
    const to = Math.min(length, Math.round(toS * rateHz));
    if (from >= to) continue;
    const turn = voices.say(voice, rateHz, to - from, PAUSE_MS, utterance);
    fadeOut(turn, Math.round((FADE_MS * rateHz) / 1000));
    said.set(turn, from);
    utterance += 1;
  }
  setActiveLevel(said, rateHz, levelDb);
  return said;
}

function fadeOut(samples: Float32Array, length: number): void {
  for (let i = 1; i <= Math.min(length, samples.length); i += 1) {
    samples[samples.length - i] = samples[samples.length - i]! * (i / length);
  }
}

/** What comes back of the far end's sound, before it is sent: delayed, played, reflected, at the path's loss. */
function echoOf(far: Float32Array, recipe: Recipe, rateHz: PipelineRateHz, workshop: Workshop): Float32Array {
  const { path, delayMs, jump, driftPpm, drive, seed } = recipe;
  const perMs = rateHz / 1000;
  const before = (delayMs ?? 0) * perMs;
  const after = before + (jump?.byMs ?? 0) * perMs;
  const jumpAt = (jump?.atS ?? Number.POSITIVE_INFINITY) * rateHz;
  const drift = (driftPpm ?? 0) / 1e6;
  const { samples: arrived } = carried(far, recipe, 'downlink', workshop);
  const played = playBack(arrived, n => (n < jumpAt ? before : after) - n * drift);
  const sounded = drive === undefined ? played : overdrive(played, rateHz, drive);
  const echo = convolve(sounded, impulseResponse(path, rateHz, new SeededRandom(seed, 'path')));
  const gain = fromDb(-path.erlDb) * Math.sqrt(energyOf(far) / energyOf(echo));
  return echo.map(sample => sample * gain);
}

/** As the canceller gets it. */
function received(samples: Float32Array, recipe: Recipe, workshop: Workshop): Received {
  return recipe.lossPercent === undefined
    ? { samples: compand(samples, recipe.companding), concealed: [] }
    : carried(samples, recipe, 'uplink', workshop);
}

/** Through a network that loses packets, with the jitter buffer and the concealment that the node has. */
function carried(
  samples: Float32Array,
  { companding, lossPercent, seed }: Recipe,
  way: string,
  { memory }: Workshop,
): Received {
  if (lossPercent === undefined) return { samples, concealed: [] };
  if (companding === 'linear') throw new Error('packets are lost of a codec only');
  const leg = CodecLeg.open(rateOf(companding, 8000), memory);
  if (leg === undefined) throw new Error('the last leg was not closed');
  const random = new SeededRandom(seed, way);
  const impairment = parseImpairment(`loss=${lossPercent}`);
  const { heard, concealed } = carry(companding, toPcm(samples), impairment, random, leg);
  leg.close();
  const whole = new Float32Array(samples.length);
  whole.set(fromPcm(heard));
  return { samples: whole, concealed };
}
