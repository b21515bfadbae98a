import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SileroVad } from '../models/silero_vad.ts';
import type { KernelMemory } from '../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../pipeline/kernels/load.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench } from './bench.ts';
import { type Cancellers, provideCancellers } from './echo/cancellers.ts';
import { type Case, caseOf } from './echo/case.ts';
import { type JudgedScene, judgeScene } from './echo/judge_scene.ts';
import { JUDGED_SCENES } from './echo/judged_scenes.ts';
import { CANCELLER_SLOTS } from './echo/own_canceller.ts';
import { drawErle } from './echo/picture.ts';
import { makeScene, type Recipe } from './echo/recipe.ts';
import type { Scene } from './echo/scene.ts';
import { readScenes } from './echo/set_folder.ts';
import { describe, summarise, worst } from './echo/summary.ts';
import { Voices } from './echo/voices.ts';
import { providePesq, scorePesq } from './quality/pesq.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PICTURE = fileURLToPath(new URL('results/echo.png', import.meta.url));
/** At most, of a scene in a quick run. */
const QUICK_SECONDS = 40;
/** Each scene of the set is made so often, every time with another path, other noise and other words. */
const TAKES = 2;
const SEEDS_APART = 1000;

/** The echo canceller by itself, on lines and in rooms, beside WebRTC's. */
export const bench: Bench = {
  name: 'echo',
  run: async ({ quick, setFolder, configFile }) => {
    const config = loadConfig(configFile);
    const memory = await loadKernels(nodePaths(ROOT, config).kernels, { leg: 1, ...CANCELLER_SLOTS });
    const python = await providePesq(join(ROOT, 'var', 'pesq'));
    const folder = mkdtempSync(join(tmpdir(), 'echo-'));
    const cancellers = provideCancellers(memory);
    try {
      const scenes =
        setFolder === undefined
          ? ownScenes(quick, memory, new Voices(config.voice.flite, folder))
          : readScenes(setFolder);
      const judged = await judgeAll(scenes, cancellers, folder);
      const scores = await scorePesq(
        python,
        judged.flatMap(({ trials }) => trials),
      );
      const cases = judged.map(one => caseOf(one, scores.splice(0, one.trials.length)));
      const summary = summarise(cases, judged);
      if (!quick) writeFileSync(PICTURE, drawErle(judged));
      return {
        ok: Object.values(summary.verdicts).every(({ met }) => met) && summary.vad.met,
        headline: headlineOf(cases),
        figures: { ...summary, cases },
        validity: validityOf(setFolder !== undefined, cancellers),
        summarise: posture => describe(cases, summary, posture),
      };
    } finally {
      await cancellers.close();
      rmSync(folder, { recursive: true });
    }
  },
};

function headlineOf(cases: readonly Case[]): Record<string, unknown> {
  return {
    cases: cases.map(({ name, kind, erleDb }) => ({ name, kind, erleDb })),
    nearPesqLoss: worst(cases.map(({ nearPesqLoss }) => nearPesqLoss)),
    nearLossDb: worst(cases.map(({ nearLossDb }) => nearLossDb)),
  };
}

/** The set that comes with the bench; the first and the last of each kind when it must be quick. */
function ownScenes(quick: boolean, memory: KernelMemory, voices: Voices): (() => Scene)[] {
  const byKind = Map.groupBy(JUDGED_SCENES, ({ kind }) => kind);
  const few = [...byKind.values()].flatMap(recipes => [recipes.at(0)!, recipes.at(-1)!]);
  const recipes = quick ? few.map(shortened) : JUDGED_SCENES.flatMap(takesOf);
  return recipes.map(recipe => () => makeScene(recipe, { voices, memory }));
}

function takesOf(recipe: Recipe): Recipe[] {
  return Array.from({ length: TAKES }, (_, take) => ({
    ...recipe,
    name: take === 0 ? recipe.name : `${recipe.name} (${take + 1})`,
    seed: recipe.seed + SEEDS_APART * take,
    far: { ...recipe.far, first: (recipe.far.first ?? 0) + take },
  }));
}

function shortened(recipe: Recipe): Recipe {
  return { ...recipe, seconds: Math.min(QUICK_SECONDS, recipe.seconds) };
}

async function judgeAll(
  scenes: readonly (() => Scene)[],
  cancellers: Cancellers,
  folder: string,
): Promise<JudgedScene[]> {
  const vad = await SileroVad.load();
  try {
    const judged: JudgedScene[] = [];
    for (const [index, make] of scenes.entries()) {
      judged.push(await judgeScene(make(), cancellers, vad, join(folder, `${index}`)));
    }
    return judged;
  } finally {
    await vad.close();
  }
}

const OWN_SET_VALIDITY = [
  'paths are simulated; voices: flite slt and rms, and a woman recorded for Debian’s asterisk-core-sounds-en, none of them in the tuning set, nor its paths, noises or seeds; at 16 kHz the recordings have nothing above 4 kHz',
  'under loss, packets are lost both ways, and the jitter buffers at both ends (this project’s) begin deeper than they stay: after some seconds the delay jumps by about 45 ms',
  'loudspeakers that distort add products 13 to 23 dB below the speech',
];

function validityOf(isOtherSet: boolean, { aec3Missing }: Cancellers): string[] {
  return [
    ...(isOtherSet ? ['the scenes of another set than the bench’s own'] : OWN_SET_VALIDITY),
    'ERLE by shadow processing: the echo alone goes through the same filter and the same gains as the sum, over the first second of echo from 3 s after the far end’s first word, or after the jump; pauses of the echo (30 dB below its loudest 20 ms) are not counted',
    'what companding and concealment add to the sum is counted as echo where nobody talks, and as near end where somebody does',
    '0 dBm0 is a sine 3.14 dB below full scale (ITU-T G.711); the residual is judged where nobody talks over it',
    'nearPesqLoss and nearLossDb compare the near end alone (with its noise, companded) before and after the gains, no noise suppression on; the headline’s are the worst scenes’. heardPesqLoss takes all that is heard, with what is left of the echo; PESQ hears no constant delay; what the canceller still holds at a scene’s end is heard too, since a word cut off 10 ms early would cost up to 0.24',
    'talking from the first word on asks for 15 dB, a goal of this bench’s own: nobody hears the rest beneath the talker',
    'the voice that is heard is what the speech detector of a call takes for the caller’s: the network’s windows with hysteresis, out of the noise and, behind this project’s canceller, out of what that believes to be left of the echo',
    'lines are cancelled with a tail of 70 ms, rooms with 200 ms, as a handsfree trunk is configured; otherwise the default policy',
    'inOutDb is mic over output while nobody talks, with the noise beneath in both: it stops where the noise is, and what mutes the noise with the echo gains by it',
    aec3Missing === undefined
      ? 'AEC3 through rtc-node’s private interface, no other part of WebRTC’s audio processing on; it is shown no gains, so that only inOutDb, heardPesqLoss and vadPercent compare. Its CPU time includes two requests of that interface for each frame'
      : `WebRTC’s AEC3 is missing: ${aec3Missing}`,
    'CPU time is that of the whole process while one canceller runs over a scene, one after the other; on a machine that is busy it is too high for both',
  ];
}
