import t from 'tap';
import { convolve } from '../../bench/echo/convolve.ts';
import { JUDGED_SCENES } from '../../bench/echo/judged_scenes.ts';
import { overdrive } from '../../bench/echo/loudspeaker.ts';
import { playBack, resample } from '../../bench/echo/playback.ts';
import { makeScene, type Recipe, type Talker } from '../../bench/echo/recipe.ts';
import { inSet, line, room } from '../../bench/echo/scene_defaults.ts';
import { activeWindows, energyOf, powerIn, toDb } from '../../bench/echo/signal.ts';
import { TUNING_SCENES } from '../../bench/echo/tuning_scenes.ts';
import { type Voice, Voices } from '../../bench/echo/voices.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { KERNEL_FOLDER } from '../pipeline/kernels/legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { leg: 1 });
const workshop = { voices: new Voices('flite', t.testdir({})), memory };
const VOICE: Voice = { engine: 'flite', name: 'kal', sentences: ['Hello there.', 'Who is it?'] };
const TALKER: Talker = { voice: VOICE, levelDb: -24 };

function scene(part: Partial<Recipe>) {
  const [recipe] = inSet(1, TALKER, [
    { name: 'a', kind: 'hybrid', path: line(12, 4, 8), seconds: 2, ...part },
  ]);
  return makeScene(recipe!, workshop);
}

function tone(length: number, perSample: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.3 * Math.sin(2 * Math.PI * perSample * i));
}

function worst(a: Float32Array, b: Float32Array, from: number, to: number): number {
  return Math.max(...a.subarray(from, to).map((sample, i) => Math.abs(sample - b[from + i]!)));
}

t.test('nothing that is judged is in the set to tune on', async t => {
  const voicesOf = (set: readonly Recipe[]) =>
    new Set(
      set.flatMap(({ far, near }) =>
        [far, ...(near === undefined ? [] : [near])].map(({ voice }) =>
          voice.engine === 'flite' ? `flite ${voice.name}` : voice.engine,
        ),
      ),
    );
  const tuned = voicesOf(TUNING_SCENES);
  t.same(
    [...voicesOf(JUDGED_SCENES)].filter(voice => tuned.has(voice)),
    [],
  );
  const seeds = [...JUDGED_SCENES, ...TUNING_SCENES].map(({ seed }) => seed);
  t.equal(new Set(seeds).size, seeds.length, 'no two scenes have the same paths and noises');
  const judged = JUDGED_SCENES.map(({ kind, name }) => `${kind} ${name}`);
  t.equal(new Set(judged).size, judged.length, 'nor the same name');
});

t.test('convolving is what the definition says, over the joints too', async t => {
  const signal = tone(700, 0.031);
  const response = Float32Array.from({ length: 21 }, (_, i) => Math.cos(i) / (i + 1));
  const expected = signal.map((_, n) =>
    response.reduce((sum, value, k) => sum + value * (signal[n - k] ?? 0), 0),
  );
  t.ok(worst(convolve(signal, response), expected, 0, 700) < 1e-6);
});

t.test('delays of parts of a sample, another clock and another rate', async t => {
  const signal = tone(4000, 0.05);
  const late = Float32Array.from({ length: 4000 }, (_, i) => 0.3 * Math.sin(2 * Math.PI * 0.05 * (i - 37.3)));
  const delayed = playBack(signal, () => 37.3);
  t.ok(worst(delayed, late, 100, 3900) < 2e-3);
  t.equal(energyOf(delayed, 0, 20), 0, 'silent before it begins');
  const faster = playBack(signal, n => -n * 0.001);
  t.ok(worst(faster, tone(4000, 0.05 * 1.001), 100, 3900) < 2e-3);
  t.ok(worst(resample(signal, 16_000, 8_000), tone(2000, 0.1), 50, 1950) < 2e-3);
});

t.test('a loudspeaker bends what is loud, and leaves what is soft', async t => {
  const soft = tone(2000, 0.1).map(sample => sample / 100);
  t.ok(worst(overdrive(soft, 8000, 2), soft, 0, 2000) < 1e-4);
  const loud = overdrive(tone(2000, 0.1), 8000, 4);
  t.ok(energyOf(loud) < 0.75 * energyOf(tone(2000, 0.1)));
});

for (const companding of ['PCMU', 'PCMA', 'G722', 'linear'] as const) {
  t.test(`${companding}: a scene is its echo and its near end, at the levels asked for`, async t => {
    const { mic, echo, near, far, rateHz, nearTalks } = scene({ companding });
    t.equal(rateHz, companding === 'G722' ? 16_000 : 8000);
    t.ok(
      worst(
        mic,
        echo.map((sample, i) => sample + near[i]!),
        0,
        mic.length,
      ) < 1e-6,
    );
    t.ok(Math.abs(toDb(energyOf(far)) - toDb(energyOf(echo)) - 12) < 0.3, 'ERL');
    t.ok(Math.abs(toDb(powerIn(far, rateHz, activeWindows(far, rateHz, 30))) + 24) < 0.5, 'far level');
    t.notOk(nearTalks);
    t.ok(toDb(powerIn(near, rateHz, activeWindows(near, rateHz, 30))) < -60, 'only noise');
  });
}

t.test('each impairment does something to the echo alone, and the same each time', async t => {
  const plain = scene({ delayMs: 50 });
  const changes: Partial<Recipe>[] = [
    { delayMs: 50.3 },
    { delayMs: 50, jump: { atS: 1, byMs: 20 } },
    { delayMs: 50, driftPpm: 100 },
    { delayMs: 50, lossPercent: 5 },
    { delayMs: 50, drive: 4 },
    { delayMs: 50, path: room(12, 100) },
  ];
  for (const change of changes) {
    const [first, again] = [scene(change), scene(change)];
    t.same(first, again);
    t.same(first.far, plain.far, 'what was sent is the same');
    t.ok(worst(first.echo, plain.echo, 0, plain.echo.length) > 0.001, JSON.stringify(change));
  }
});

t.test('ends talk in their turns', async t => {
  const { near, nearTalks, rateHz } = scene({ near: { ...TALKER, turns: [[0.5, 1]] } });
  t.ok(nearTalks);
  const talking = energyOf(near, 0.5 * rateHz, rateHz);
  t.ok(energyOf(near, rateHz, 2 * rateHz) < 0.05 * talking);
  t.ok(energyOf(near, 0, 0.5 * rateHz) < 0.05 * talking);
});
