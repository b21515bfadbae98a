import { fileURLToPath } from 'node:url';
import { SharedParts } from '../pipeline/shared_parts.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import { Voices } from './bargein/voices.ts';
import type { Bench, BenchResult } from './bench.ts';
import { SeededRandom } from './caller/random.ts';
import { createCall, type LabelledCall } from './turns/callers.ts';
import { hearCall, type Outcome } from './turns/listening.ts';
import { families, type RuleName } from './turns/rules.ts';
import { cutoffAt, figuresOf, type Interval, interval, type Point, tally } from './turns/scores.ts';
import { JUDGED, TUNING, type TurnSources } from './turns/sources.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SPEECH_FOLDER = fileURLToPath(new URL('../var/turns', import.meta.url));
const FULL = { calls: 42, turnsOfACall: 12 } as const;
const QUICK = { calls: 12, turnsOfACall: 6 } as const;
/** Mean delays at which rules are compared. */
const AT_DELAYS_MS = [300, 500, 800] as const;
/** At equal mean delay, of the best silence rule's. */
const GOAL_SHARE = 0.5;
const SEED = 4711;

type Curves = Readonly<Record<RuleName, readonly Point[]>>;

interface Judged {
  readonly curves: Curves;
  readonly calls: readonly LabelledCall[];
  /** Of calls as configured. */
  readonly asConfigured: readonly Outcome[];
}

/** Ends of callers' turns: how many are cut off, and how long is waited, against rules that count the silence alone. */
export const bench: Bench = {
  name: 'turns',
  run: async ({ quick, setFolder, configFile }) => {
    const config = loadConfig(configFile);
    const shared = await SharedParts.load(nodePaths(ROOT, config).kernels, 1, 0);
    const voices = new Voices({ flite: config.voice.flite, espeak: 'espeak-ng', folder: SPEECH_FOLDER });
    const judge = (calls: Iterable<LabelledCall>): Judged =>
      judgeAll(calls, families(config.turn.endOfTurnPauseMs), shared);
    const size = quick ? QUICK : FULL;
    if (setFolder !== undefined) {
      const { readLabelledTurns } = await import('./turns/labelled.ts');
      return resultOf(judge(readLabelledTurns(setFolder)), undefined, LABELLED_VALIDITY);
    }
    const judged = judge(callsOf(JUDGED, size, voices));
    const tuning = quick ? undefined : judge(callsOf(TUNING, size, voices));
    const few = `few turns (${size.calls * size.turnsOfACall}): intervals are wide`;
    return resultOf(judged, tuning, quick ? [few, ...VALIDITY] : VALIDITY);
  },
};

function* callsOf(
  sources: TurnSources,
  size: typeof FULL | typeof QUICK,
  voices: Voices,
): Generator<LabelledCall> {
  for (let index = 0; index < size.calls; index += 1) {
    yield createCall(sources, index, size.turnsOfACall, voices);
  }
}

function judgeAll(
  calls: Iterable<LabelledCall>,
  kinds: ReturnType<typeof families>,
  shared: SharedParts,
): Judged {
  const settings = kinds.flatMap(family =>
    family.settings.map(setting => ({ family, setting, tallies: [] as Point['calls'][number][] })),
  );
  const heard: LabelledCall[] = [];
  const asConfigured: Outcome[] = [];
  for (const call of calls) {
    const rules = settings.map(({ family, setting }) => family.create(setting));
    for (const [index, outcomes] of hearCall(call, rules, shared).entries()) {
      const { family, setting, tallies } = settings[index]!;
      tallies.push(tally(outcomes));
      if (family.name === 'endpointing' && setting === 1) asConfigured.push(...outcomes);
    }
    heard.push({ ...call, samples: new Float32Array(0) });
  }
  const curveOf = (name: RuleName): readonly Point[] =>
    settings
      .filter(({ family }) => family.name === name)
      .map(({ setting, tallies }) => ({ setting, calls: tallies }));
  const curves = {
    silence: curveOf('silence'),
    patience: curveOf('patience'),
    withoutKinds: curveOf('withoutKinds'),
    endpointing: curveOf('endpointing'),
  };
  return { curves, calls: heard, asConfigured };
}

function resultOf(judged: Judged, tuning: Judged | undefined, validity: readonly string[]): BenchResult {
  const { curves, calls, asConfigured } = judged;
  const configured = configuredPoint(curves);
  const { falseCutoffPct, meanDelayMs } = figuresOf(configured);
  const silencePct = cutoffAt(curves.silence, meanDelayMs);
  const share = silencePct === undefined ? undefined : falseCutoffPct / silencePct;
  const headline = {
    falseCutoffPct: rounded(falseCutoffPct),
    meanDelayMs: Math.round(meanDelayMs),
    bestSilenceRule: { falseCutoffPct: rounded(silencePct), meanDelayMs: Math.round(meanDelayMs) },
    meetsGoal: share !== undefined && share <= GOAL_SHARE,
  };
  return {
    ok: share !== undefined && share < 1,
    headline,
    figures: {
      goalShare: GOAL_SHARE,
      intervals95: intervalsOf(curves),
      atEqualMeanDelay: tableOf(curves),
      byKind: kindFigures(asConfigured),
      set: setFigures(calls),
      curves: Object.fromEntries(
        Object.entries(curves).map(([name, curve]) => [name, curve.map(plainPoint)]),
      ),
      ...(tuning !== undefined && { tuning: { atEqualMeanDelay: tableOf(tuning.curves) } }),
    },
    validity,
  };
}

/** Calls as they are configured. */
function configuredPoint({ endpointing }: Curves): Point {
  return endpointing.find(({ setting }) => setting === 1)!;
}

function plainPoint(point: Point) {
  const { falseCutoffPct, meanDelayMs } = figuresOf(point);
  return {
    setting: point.setting,
    falseCutoffPct: rounded(falseCutoffPct),
    meanDelayMs: Math.round(meanDelayMs),
  };
}

/** False cut-offs in per cent at equal mean delays, of all rules, and how many of the silence rule's are left. */
function tableOf(curves: Curves) {
  return Object.fromEntries(
    AT_DELAYS_MS.map(delayMs => {
      const at = (name: RuleName): number | undefined => rounded(cutoffAt(curves[name], delayMs));
      const shareAt = (indices?: readonly number[]): number | undefined =>
        shareOf(cutoffAt(curves.endpointing, delayMs, indices), cutoffAt(curves.silence, delayMs, indices));
      const rules = {
        silence: at('silence'),
        patience: at('patience'),
        withoutKinds: at('withoutKinds'),
        endpointing: at('endpointing'),
      };
      const share95 = drawn(curves, shareAt);
      return [`${delayMs} ms`, { ...rules, shareOfSilence: rounded(shareAt()), share95 }];
    }),
  );
}

function intervalsOf(curves: Curves) {
  const configured = configuredPoint(curves);
  return {
    falseCutoffPct: drawn(curves, indices => figuresOf(configured, indices).falseCutoffPct),
    meanDelayMs: drawn(curves, indices => figuresOf(configured, indices).meanDelayMs),
    shareOfSilence: drawn(curves, indices => {
      const { falseCutoffPct, meanDelayMs } = figuresOf(configured, indices);
      return shareOf(falseCutoffPct, cutoffAt(curves.silence, meanDelayMs, indices));
    }),
  };
}

function drawn(
  curves: Curves,
  figureOf: (indices: readonly number[]) => number | undefined,
): Interval | undefined {
  const found = interval(curves.silence[0]!.calls.length, figureOf, new SeededRandom(SEED, 'intervals'));
  return found && { low: rounded(found.low)!, high: rounded(found.high)! };
}

function shareOf(own: number | undefined, silence: number | undefined): number | undefined {
  return own === undefined || silence === undefined || silence === 0 ? undefined : own / silence;
}

function kindFigures(outcomes: readonly Outcome[]) {
  return Object.fromEntries(
    [...Map.groupBy(outcomes, ({ turn }) => turn.kind)].map(([kind, of]) => {
      const { turns, cut, ended, delaySumMs } = tally(of);
      return [
        kind,
        { turns, cut, neverEnded: turns - ended, meanDelayMs: Math.round(delaySumMs / Math.max(1, ended)) },
      ];
    }),
  );
}

function setFigures(calls: readonly LabelledCall[]) {
  const turns = calls.flatMap(call => call.turns);
  const pausesMs = turns.flatMap(turn => turn.pausesMs).toSorted((one, other) => one - other);
  return {
    calls: calls.length,
    turns: turns.length,
    turnsWithPauses: turns.filter(turn => turn.pausesMs.length > 0).length,
    pauses: pausesMs.length,
    medianPauseMs: Math.round(pausesMs[Math.floor(pausesMs.length / 2)] ?? 0),
    p95PauseMs: Math.round(pausesMs[Math.floor(0.95 * pausesMs.length)] ?? 0),
    voices: [...new Set(calls.map(({ voice }) => voice))].slice(0, 20),
  };
}

function rounded(value: number): number;
function rounded(value: number | undefined): number | undefined;
function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(100 * value) / 100;
}

const COMMON_VALIDITY = [
  'falseCutoffPct: of all turns, those that were ended at least once before their last sound; meanDelayMs: from the last sound to the decision that ended the turn for good, over all turns, those cut off before with them, but for those of which too little was heard to be ended at all (neverEnded)',
  'each rule has turn taking of its own behind the same uplink and speech detector of calls, G.711 at 8 kHz, the agent silent; what a rule says counts from the next tick of 10 ms on, so without the few milliseconds between the threads of a call',
  'bestSilenceRule: the fixed pause whose mean delay is the same, between the settings around it; patience: the configured pauses of each kind of question, scaled; withoutKinds: not told what kind of answer is expected; endpointing: at all settings, the configured pauses scaled',
  'no rule listens to pitch, loudness or length of the last syllables: nothing in this set would be evidence of that',
  'transcripts are the labels, through a recogniser that is drawn: words come 200 ms after their end (median, log-normal, sigma 0.35), 5 % are wrong, 2 % lost, 10 % set right 200 ms later. A slower recogniser, or one that tells nothing until the end, gives less',
  'intervals by drawing callers anew, 1000 times; undefined where a rule has no setting with such a mean delay: what is complete is not known before its last word is',
];

const VALIDITY = [
  ...COMMON_VALIDITY,
  'pauses are drawn (log-normal, medians 380 to 700 ms by place, at most 3 s; after Campione and Véronis 2002, Demol et al. 2007), not observed; the set has far more turns with pauses in them than an ordinary call: shares compare rules, they do not foretell calls',
  'synthesised callers say each stretch between pauses by itself; recorded ones are prompts of single words put together (digits, letters, dates), the Italian and French voices with the English words as labels',
  'of numbers the count of digits is known, of names, addresses and dates the kind: where a workflow does not know as much, withoutKinds is nearer',
  'judged and tuned on have no voice, template, name, street, town or seed in common, but one author; dates, digits and the ways in which pauses are drawn are the same',
];

const LABELLED_VALIDITY = [
  ...COMMON_VALIDITY,
  'turns and pauses are those of the set; word times within a stretch are spread evenly',
];
