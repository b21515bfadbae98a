import type { Posture } from '../posture.ts';
import type { Case } from './case.ts';
import { voicedPercent } from './false_voice.ts';
import { ERLE_GOALS_DB, MOST_VAD_PERCENT } from './goals.ts';
import type { JudgedScene } from './judge_scene.ts';
import { SCENE_KINDS, type SceneKind } from './scene.ts';

/** All scenes of a kind together. */
interface Verdict {
  readonly scenes: number;
  readonly goalDb: number;
  readonly leastErleDb: number | undefined;
  readonly medianErleDb: number | undefined;
  /** In decibels of what comes in over what goes out while nobody talks; the same for AEC3. */
  readonly medianInOutDb: number | undefined;
  readonly medianAec3InOutDb: number | undefined;
  /** Whether every scene meets every goal. */
  readonly met: boolean;
}

export interface Summary {
  readonly verdicts: Readonly<Partial<Record<SceneKind, Verdict>>>;
  /**
   * Share of the time after each scene's first second in which a call's speech detector hears a voice although only the
   * far end talks.
   */
  readonly vad: VoicedPercents;
  /** CPU time for each frame of 10 ms by rate, in microseconds: medians of scenes that both went through in turn. */
  readonly microsPerFrame: Readonly<
    Record<string, { readonly own: number; readonly aec3: number | undefined }>
  >;
}

interface VoicedPercents {
  readonly own: number | undefined;
  readonly aec3: number | undefined;
  /** With nothing taken out. */
  readonly untreated: number | undefined;
  /** Of the same noise without any echo. */
  readonly noiseAlone: number | undefined;
  /** Without the second after each echo's first sound, and that after its path changed. */
  readonly settled: { readonly own: number | undefined; readonly aec3: number | undefined };
  /** By the voice activity network alone, at a probability of 0.5. */
  readonly network: { readonly own: number | undefined; readonly aec3: number | undefined };
  readonly met: boolean;
}

export function summarise(cases: readonly Case[], judged: readonly JudgedScene[]): Summary {
  const kinds = SCENE_KINDS.filter(kind => cases.some(one => one.kind === kind));
  const rates = Map.groupBy(judged, ({ scene }) => String(scene.rateHz));
  return {
    verdicts: Object.fromEntries(
      kinds.map(kind => [
        kind,
        verdictOf(
          kind,
          cases.filter(one => one.kind === kind),
        ),
      ]),
    ),
    vad: voicedPercents(judged),
    microsPerFrame: Object.fromEntries(
      [...rates].map(([rate, scenes]) => [
        rate,
        {
          own: tenths(median(scenes.map(({ own }) => own.microsPerFrame)))!,
          aec3: tenths(median(scenes.map(({ aec3 }) => aec3?.microsPerFrame))),
        },
      ]),
    ),
  };
}

function verdictOf(kind: SceneKind, cases: readonly Case[]): Verdict {
  const erles = defined(cases.map(({ erleDb }) => erleDb));
  return {
    scenes: cases.length,
    goalDb: ERLE_GOALS_DB[kind],
    leastErleDb: erles.length === 0 ? undefined : Math.min(...erles),
    medianErleDb: tenths(median(erles)),
    medianInOutDb: tenths(median(cases.map(({ inOutDb }) => inOutDb))),
    medianAec3InOutDb: tenths(median(cases.map(({ aec3 }) => aec3?.inOutDb))),
    met: cases.every(({ missed }) => missed.length === 0),
  };
}

function voicedPercents(judged: readonly JudgedScene[]): VoicedPercents {
  const own = defined(judged.map(one => one.own.voices));
  const aec3 = defined(judged.map(one => one.aec3?.voices));
  const percent = voicedPercent(own.map(({ all }) => all));
  return {
    own: percent,
    aec3: voicedPercent(aec3.map(({ all }) => all)),
    untreated: voicedPercent(defined(judged.map(one => one.untreatedVoices?.all))),
    noiseAlone: voicedPercent(defined(judged.map(one => one.noiseVoices?.all))),
    settled: {
      own: voicedPercent(own.map(({ settled }) => settled)),
      aec3: voicedPercent(aec3.map(({ settled }) => settled)),
    },
    network: {
      own: voicedPercent(own.map(({ network }) => network)),
      aec3: voicedPercent(aec3.map(({ network }) => network)),
    },
    met: percent === undefined || percent < MOST_VAD_PERCENT,
  };
}

/** The greatest of what is known. */
export function worst(values: readonly (number | undefined)[]): number | undefined {
  const known = defined(values);
  return known.length === 0 ? undefined : Math.max(...known);
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = defined(values).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter(value => value !== undefined);
}

function tenths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

/** For people. */
export function describe(
  cases: readonly Case[],
  { verdicts, vad, microsPerFrame }: Summary,
  posture: Posture,
): string {
  const show = (value: number | undefined): string => (value === undefined ? '–' : String(value));
  const kinds = Object.entries(verdicts).map(
    ([kind, { scenes, goalDb, leastErleDb, medianErleDb, medianInOutDb, medianAec3InOutDb, met }]) =>
      `| ${[kind, scenes, goalDb, show(leastErleDb), show(medianErleDb), show(medianInOutDb), show(medianAec3InOutDb), met ? 'yes' : 'no'].join(' | ')} |`,
  );
  const rows = cases.map(
    one =>
      `| ${[one.kind, one.name, show(one.erleDb), show(one.lastErleDb), show(one.residualDbm0), show(one.convergedMs), show(one.nearPesqLoss), show(one.nearLossDb), show(one.vadPercent), one.missed.join(' ')].join(' | ')} |`,
  );
  const costs = Object.entries(microsPerFrame).map(
    ([rate, { own, aec3 }]) => `${own} µs per 10 ms at ${rate} Hz (AEC3 ${show(aec3)})`,
  );
  return `# Echo

Taken at ${posture.at} on ${posture.cpu}, ${posture.cores} cores, commit ${posture.commit}. What the figures do not say is in echo.json.

![ERLE over time](echo.png)

| kind | scenes | goal, dB | least ERLE at 3 s | median | median in over out | AEC3 | all goals met |
|---|---|---|---|---|---|---|---|
${kinds.join('\n')}

A voice is heard in ${show(vad.own)} % of the far end's echo after the first second (AEC3 ${show(vad.aec3)} %, untreated ${show(vad.untreated)} %, the noise alone ${show(vad.noiseAlone)} %); without the second after an echo begins or its path changes, in ${show(vad.settled.own)} % (AEC3 ${show(vad.settled.aec3)} %). The network alone takes ${show(vad.network.own)} % for a voice (AEC3 ${show(vad.network.aec3)} %). CPU: ${costs.join(', ')}.

| kind | scene | ERLE at 3 s | at the end | residual, dBm0 | converged, ms | near PESQ loss | near loss, dB | VAD % | missed |
|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
