import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { makeScene, type Recipe } from '../echo/recipe.ts';
import type { Scene } from '../echo/scene.ts';
import { line } from '../echo/scene_defaults.ts';
import type { Voice, Voices } from '../echo/voices.ts';

const SECONDS = 30;

const AGENT: Voice = {
  engine: 'flite',
  name: 'slt',
  sentences: [
    'Thank you for calling. We can come on Thursday between ten and twelve, if that suits you.',
    'The price includes the two men, the van, and the insurance for the whole way.',
    'May I repeat that? You are moving from the second floor, and there is no elevator.',
  ],
};
const CALLER: Voice = {
  engine: 'flite',
  name: 'rms',
  sentences: [
    'No, wait a moment, it is the third floor, and the stairs are rather narrow.',
    'Thursday would be fine, but not before eleven, because I have to work until then.',
  ],
};

/** A call as most are: both talk in turns, and now and then at once; a hybrid's echo, a car beneath. */
export function makeCall(rateHz: PipelineRateHz, voices: Voices, memory: KernelMemory): Scene {
  const recipe: Recipe = {
    name: 'call',
    kind: 'long',
    seed: 31,
    seconds: SECONDS,
    companding: rateHz === 8000 ? 'PCMU' : 'linear',
    rateHz,
    far: { voice: AGENT, levelDb: -24, turns: turns(0.5, 5) },
    near: { voice: CALLER, levelDb: -26, turns: turns(5, 5) },
    path: line(12, 4, 10),
    delayMs: 80,
    noise: { colour: 'brown', levelDb: -52 },
  };
  return makeScene(recipe, { voices, memory });
}

/** Of every ten seconds some, from the first on. */
function turns(firstS: number, lengthS: number): [number, number][] {
  return Array.from({ length: SECONDS / 10 }, (_, turn) => [
    firstS + 10 * turn,
    firstS + 10 * turn + lengthS,
  ]);
}
