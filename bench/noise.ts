import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PipelineRateHz } from '../pipeline/frame.ts';
import { loadKernels } from '../pipeline/kernels/load.ts';
import { DEFAULT_PIPELINE_POLICY } from '../pipeline/policy.ts';
import { Rnnoise } from '../pipeline/strong/rnnoise.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench } from './bench.ts';
import { type Figures, figuresOf, type Judged } from './noise/figures.ts';
import { type Heard, hearAll } from './noise/judge.ts';
import { OWN_SLOTS, ownSuppressors } from './noise/own_suppressors.ts';
import { createPassage, type Passage } from './noise/passages.ts';
import { plainRnnoise } from './noise/plain_rnnoise.ts';
import { readPassages } from './noise/set_folder.ts';
import { JUDGED_SET, NOISE_KINDS } from './noise/sets.ts';
import { speexSuppressor } from './noise/speex.ts';
import { describe } from './noise/summary.ts';
import { voiceName } from './noise/voices.ts';
import { providePesq, scorePesq } from './quality/pesq.ts';
import { provideStoi, scoreStoi } from './quality/stoi.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Plan {
  readonly rates: readonly PipelineRateHz[];
  readonly snrsDb: readonly number[];
  readonly voices: readonly number[];
}

const FULL: Plan = {
  rates: [8000, 16_000],
  snrsDb: [0, 5, 10, 15, 20],
  voices: [...JUDGED_SET.voices.keys()],
};
/** One person and one program. */
const QUICK: Plan = { rates: [8000], snrsDb: [5, 15], voices: [0, 2] };

/** What ours, Speex and RNNoise make of voices in noise: how much they suppress, how it sounds, and what it costs. */
export const bench: Bench = {
  name: 'noise',
  run: async ({ quick, setFolder, configFile }) => {
    const plan = quick ? QUICK : FULL;
    const passages =
      setFolder === undefined ? ownPassages(plan) : readPassages(setFolder, plan.snrsDb, plan.rates);
    const memory = await loadKernels(nodePaths(ROOT, loadConfig(configFile)).kernels, OWN_SLOTS);
    const network = await Rnnoise.load();
    const suppressors = [...ownSuppressors(memory, network), speexSuppressor(), plainRnnoise(network)];
    const folder = mkdtempSync(join(tmpdir(), 'noise-'));
    try {
      const heard = passages.map((passage, index) => hearAll(passage, suppressors, join(folder, `${index}`)));
      const figures = figuresOf(await judge(heard));
      return {
        ok: isWorthIt(figures),
        headline: { overall: figures.overall },
        figures: { byNoise: figures.byNoise, byNoiseAndSnr: figures.byNoiseAndSnr },
        validity: validityOf(plan, setFolder),
        summarise: posture => describe(figures, posture),
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function ownPassages({ rates, snrsDb, voices }: Plan): Passage[] {
  return rates.flatMap(rateHz =>
    NOISE_KINDS.flatMap(kind =>
      voices.flatMap(voice => snrsDb.map(snrDb => createPassage(JUDGED_SET, kind, voice, snrDb, rateHz))),
    ),
  );
}

async function judge(heard: readonly Heard[]): Promise<Judged[]> {
  const trials = heard.flatMap(({ untreated, hearings }) => [
    untreated,
    ...hearings.map(({ trial }) => trial),
  ]);
  const [pesqs, stois] = await Promise.all([
    providePesq(join(ROOT, 'var', 'pesq')).then(python => scorePesq(python, trials)),
    provideStoi(join(ROOT, 'var', 'stoi')).then(python => scoreStoi(python, trials)),
  ]);
  const scores = new Map(trials.map((trial, index) => [trial, { pesq: pesqs[index]!, stoi: stois[index]! }]));
  return heard.flatMap(({ untreated, hearings }) => {
    const { pesq: untreatedPesq, stoi: untreatedStoi } = scores.get(untreated)!;
    return hearings.map(hearing => ({
      ...hearing,
      ...scores.get(hearing.trial)!,
      untreatedPesq,
      untreatedStoi,
    }));
  });
}

/** Whether each of ours does any good: the noise is less, and it sounds better. */
function isWorthIt({ overall }: Figures): boolean {
  return Object.values(overall).every(suppressors =>
    ['light', 'strong'].every(name => suppressors[name]!.snrGainDb > 0 && suppressors[name]!.pesqGain > 0),
  );
}

function validityOf({ voices }: Plan, setFolder: string | undefined): string[] {
  const own = [
    `voices: ${voices.map(index => voiceName(JUDGED_SET.voices[index]!)).join(', ')}; all noises are made by code, from seeds and numbers that nothing was tuned on, and stand for no place on earth`,
    'a man and a woman are people recorded for telephone menus (G.722 of 16 kHz, calm and close), the others speak by program',
  ];
  const { depthDb } = DEFAULT_PIPELINE_POLICY.noise;
  return [
    ...(setFolder === undefined ? own : ['passages from a folder, mixed anew where it has noise.wav']),
    'SNR gains by phase inversion (Hagerman and Olofsson, 2004), alike for all, since other suppressors do not tell their gains: right as far as the sum and the difference of voice and noise are treated alike, which musical noise is not',
    'the SNR is of the active speech level (10 ms frames within 30 dB of the loud ones) over the noise level, in the whole band of the rate: much of a car’s noise lies below 200 Hz, where a telephone hears little',
    'measured from one second on; PESQ and STOI hear all of it, the first second too',
    'PESQ (narrow band at 8 kHz, wide band at 16 kHz) is known to be lenient with voices as noise at 0 dB, where it takes the other voice for the one that it looks for; STOI knows no delays, which were taken out',
    `light, strong and Speex turn noise down by up to ${depthDb} dB, RNNoise by as much as it likes; Speex is libspeexdsp 1.2.1 with nothing changed, in frames of 10 ms`,
    'RNNoise hears the whole sound resampled at once, and its time is the network’s alone; strong is the same network with what a call needs around it',
    'times are CPU time of the thread, with copies to and from frames and, for Speex, a call through koffi; a busy machine makes all of them longer',
  ];
}
