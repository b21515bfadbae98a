import { fileURLToPath } from 'node:url';
import type { SileroVersion } from '../models/silero.ts';
import { SileroVad } from '../models/silero_vad.ts';
import type { PipelineRateHz } from '../pipeline/frame.ts';
import { loadKernels } from '../pipeline/kernels/load.ts';
import { loadVoiceTables } from '../pipeline/kernels/voice_table.ts';
import { DEFAULT_PIPELINE_POLICY } from '../pipeline/policy.ts';
import { SharedParts } from '../pipeline/shared_parts.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench, BenchResult } from './bench.ts';
import { NOISE_KINDS } from './noise/sets.ts';
import { BETWEEN } from './vad/disturbances.ts';
import { type Agreement, compareInto, createAgreement, measureCosts } from './vad/kernel_check.ts';
import { readLabelled } from './vad/labelled.ts';
import { type CallHearing, hearCall, hearWindows } from './vad/listening.ts';
import { KERNEL_SLOTS, kernelNetwork, type Network, onnxNetwork } from './vad/networks.ts';
import { type Condition, createScene, type Scene } from './vad/scenes.ts';
import { type Heard, type Score, score } from './vad/scores.ts';
import { JUDGED_BY, TUNED_ON, type VadSet } from './vad/sets.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const RATES: readonly PipelineRateHz[] = [8000, 16_000];
const { voice: POLICY } = DEFAULT_PIPELINE_POLICY;

/** Where nothing disturbs, a detector that is worth measuring is at least as good as this. */
const LEAST_CLEAN_F1 = 0.9;

interface Plan {
  readonly set: VadSet;
  readonly voices: number;
  readonly snrsDb: readonly number[];
}

const FULL: Plan = { set: JUDGED_BY, voices: JUDGED_BY.voices.length, snrsDb: [20, 10, 0] };
const QUICK: Plan = { set: JUDGED_BY, voices: 2, snrsDb: [10] };
/** To see how much of it is tuning. */
const TUNED: Plan = { set: TUNED_ON, voices: TUNED_ON.voices.length, snrsDb: [10] };

interface Judges {
  readonly shared: SharedParts;
  readonly vad: SileroVad;
  /** The network as its makers wrote it. */
  readonly plain: Network;
  /** The same as calls have it, by onnxruntime and by the kernel. */
  readonly reference: Network;
  /** The kernel alone. */
  readonly kernel: Network;
}

/** Of one condition at one rate: what the network's windows alone give, and what calls make of them, by either version. */
interface Trio {
  readonly network: Score;
  readonly detector: Score;
  readonly detectorV6: Score;
}

type Figures = Record<string, Record<string, Trio>>;

/** Voice activity by noise, and the kernel against onnxruntime on the same sounds. */
export const bench: Bench = {
  name: 'vad',
  run: async ({ quick, setFolder, configFile }) => {
    const groups = setFolder === undefined ? ownScenes(quick ? QUICK : FULL) : labelledScenes(setFolder);
    const judges = await openJudges(nodePaths(ROOT, loadConfig(configFile)).kernels);
    const agreement = createAgreement();
    try {
      const figures = await judgeAll(groups, judges, agreement);
      const tuning =
        quick || setFolder !== undefined ? {} : await judgeAll(ownScenes(TUNED), judges, agreement);
      const cost = await costs(judges);
      return resultOf(figures, tuning, agreement, cost, setFolder);
    } finally {
      await judges.vad.close();
    }
  },
};

async function openJudges(kernelFolder: string): Promise<Judges> {
  const vad = await SileroVad.load();
  const memory = await loadKernels(kernelFolder, KERNEL_SLOTS, loadVoiceTables());
  return {
    shared: await SharedParts.load(kernelFolder, 1, 0),
    vad,
    plain: onnxNetwork(vad, false),
    reference: onnxNetwork(vad, true),
    kernel: kernelNetwork(memory),
  };
}

/** One condition at one rate after the other. */
function* ownScenes({ set, voices, snrsDb }: Plan): Generator<Scene[]> {
  const conditions: Condition[] = [
    { kind: 'clean' },
    ...NOISE_KINDS.flatMap(noise => snrsDb.map(snrDb => ({ kind: 'noise', noise, snrDb }) as const)),
    { kind: 'echo residue' },
    ...BETWEEN.map(between => ({ kind: 'between', between }) as const),
  ];
  for (const rateHz of RATES) {
    for (const condition of conditions) {
      yield Array.from({ length: voices }, (_, voice) => createScene(set, condition, voice, rateHz));
    }
  }
}

function labelledScenes(folder: string): Scene[][] {
  const scenes = readLabelled(folder);
  return [...Map.groupBy(scenes, ({ condition, rateHz }) => `${condition} ${rateHz}`).values()];
}

async function judgeAll(groups: Iterable<Scene[]>, judges: Judges, agreement: Agreement): Promise<Figures> {
  const figures: Figures = {};
  for (const scenes of groups) {
    const { condition, rateHz } = scenes[0]!;
    const rate = `${rateHz / 1000} kHz`;
    const trio = await judgeScenes(scenes, rateHz, judges, agreement);
    figures[rate] = { ...figures[rate], [condition]: trio };
  }
  return figures;
}

async function judgeScenes(
  scenes: readonly Scene[],
  rateHz: PipelineRateHz,
  { shared, plain, reference }: Judges,
  agreement: Agreement,
): Promise<Trio> {
  const calls = (model: SileroVersion): CallHearing[] =>
    scenes.map(({ samples }) => hearCall(samples, rateHz, shared, model));
  const scoreOf = (heard: readonly (readonly Heard[])[]): Score =>
    score(
      scenes.map(({ samples, spoken }, index) => ({
        lengthMs: (samples.length * 1000) / rateHz,
        spoken,
        heard: heard[index]!,
      })),
    );
  const windows = await plain(
    scenes.map(({ samples }) => samples),
    rateHz,
  );
  const [v5, v6] = [calls('v5'), calls('v6')];
  const expected = await reference(
    v5.map(({ sound }) => sound),
    rateHz,
  );
  for (const [index, { probabilities }] of v5.entries()) {
    compareInto(agreement, probabilities, expected[index]!, POLICY);
  }
  return {
    network: scoreOf(windows.map(probabilities => hearWindows(probabilities, POLICY))),
    detector: scoreOf(v5.map(({ heard }) => heard)),
    detectorV6: scoreOf(v6.map(({ heard }) => heard)),
  };
}

/** The cost does not depend on what is heard. */
async function costs({ kernel, reference }: Judges): Promise<Record<string, unknown>> {
  const measured: Record<string, unknown> = {};
  for (const rateHz of RATES) {
    const { samples } = createScene(TUNED_ON, { kind: 'clean' }, 0, rateHz);
    const networks = { kernel, onnxruntime: reference };
    measured[`${rateHz / 1000} kHz`] = await measureCosts(networks, samples, rateHz);
  }
  return measured;
}

function resultOf(
  figures: Figures,
  tuning: Figures,
  agreement: Agreement,
  usPerWindow: Record<string, unknown>,
  setFolder: string | undefined,
): BenchResult {
  const trios = Object.values(figures).flatMap(atRate => Object.values(atRate));
  const meanF1 = (by: keyof Trio): number => mean(trios.map(trio => trio[by].f1));
  const clean = Object.values(figures).map(atRate => atRate.clean?.detector.f1 ?? 1);
  return {
    ok: agreement.decisionsDiffering === 0 && clean.every(f1 => f1 >= LEAST_CLEAN_F1),
    headline: {
      meanF1: {
        network: meanF1('network'),
        detector: meanF1('detector'),
        detectorV6: meanF1('detectorV6'),
      },
      decisionsDiffering: agreement.decisionsDiffering,
    },
    figures: {
      ...figures,
      ...(Object.keys(tuning).length > 0 && { tuning }),
      kernel: { ...agreement, usPerWindow },
    },
    validity: setFolder === undefined ? VALIDITY : LABELLED_VALIDITY,
  };
}

function mean(values: readonly number[]): number {
  return Math.round((1000 * values.reduce((sum, value) => sum + value, 0)) / values.length) / 1000;
}

const COMMON_VALIDITY = [
  'network: windows of 32 ms of Silero v5 on onnxruntime as its makers wrote it, with hysteresis, on what the line gave; detector: what a call tells the conversation while the agent is silent, behind the stages of the uplink, by the kernel with v5 and with v6',
  'onsetMs and offsetMs are media time until it was known, without the wait of up to two frames that a judge of many calls may add; misplacedMs is how far off the ends were placed',
  'in the call the agent is silent: what is heard over it is judged by the bench of interruptions',
  'kernel: the same sounds behind the uplink, window by window; usPerWindow is processor time of the whole process, medians of seven rounds in turn, the gathering of frames with it',
];
const VALIDITY = [
  ...COMMON_VALIDITY,
  'ground truth is by level alone, before noise, codec and line: frames of 10 ms within 30 dB of the loud ones, pauses under 200 ms filled, at least 60 ms',
  `speech: ${JUDGED_BY.voices.map(voice => (voice.by === 'person' ? `recorded ${voice.folder}` : `${voice.by} ${voice.voice}`)).join(', ')}; single words as often as sentences, active level -26 dBFS ± 6; G.711 at 8 kHz, G.722 at 16 kHz, on a line with hiss at -72 dBFS`,
  'what detectors are tuned on has other voices, prompts, seeds and numbers of noises (under tuning); one of its bystanders is the recorded woman, in another language',
  'television, babble and music on hold hold voices or what sounds like one: no detector of voice tells them from the caller by the sound of one window',
];
const LABELLED_VALIDITY = [...COMMON_VALIDITY, 'ground truth is by the labels of the set'];
