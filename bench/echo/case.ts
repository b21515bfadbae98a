import { type FalseVoices, voicedPercent } from './false_voice.ts';
import { ERLE_GOALS_DB, MOST_NEAR_LOSS_DB, MOST_NEAR_PESQ_LOSS, MOST_RESIDUAL_DBM0 } from './goals.ts';
import type { JudgedScene } from './judge_scene.ts';
import type { Measures } from './measure.ts';
import { lossOf } from './near_quality.ts';
import type { SceneKind } from './scene.ts';

/** How one scene went: see `Measures`; what can't be told of it is left out. */
export interface Case extends Partial<Measures> {
  readonly name: string;
  readonly kind: SceneKind;
  readonly rateHz: number;
  /** What PESQ takes off for what the canceller does to the near end alone. */
  readonly nearPesqLoss?: number | undefined;
  /** And for all that would be heard with the echo in it. */
  readonly untreatedPesqLoss?: number | undefined;
  /** And for all that is heard, with what is left of the echo. */
  readonly heardPesqLoss?: number | undefined;
  /** Share of the time after the first second in which a voice is heard although nobody talks. */
  readonly vadPercent?: number | undefined;
  readonly aec3?: Pick<Case, 'inOutDb' | 'heardPesqLoss' | 'vadPercent'> | undefined;
  /** Goals that are not met. */
  readonly missed: readonly string[];
}

/** @param scores of the scene's trials */
export function caseOf({ scene, own, aec3 }: JudgedScene, scores: readonly number[]): Case {
  const [nearPesqLoss, untreatedPesqLoss, heardPesqLoss, aec3PesqLoss] = scores.map(score =>
    round(lossOf(score, scene), 2),
  );
  const measures = mapValues(own.measures, value => round(value, 1));
  const goals = {
    // What can't be told is not met: a scene without an echo shows nothing.
    erleDb: (measures.erleDb ?? Number.NEGATIVE_INFINITY) < ERLE_GOALS_DB[scene.kind],
    residualDbm0: nearPesqLoss === undefined && isAbove(measures.residualDbm0, MOST_RESIDUAL_DBM0),
    nearLossDb: isAbove(measures.nearLossDb, MOST_NEAR_LOSS_DB),
    nearPesqLoss: isAbove(nearPesqLoss, MOST_NEAR_PESQ_LOSS),
  };
  return {
    ...scene,
    ...measures,
    nearPesqLoss,
    untreatedPesqLoss,
    heardPesqLoss,
    vadPercent: percentOf(own.voices),
    aec3: aec3 && {
      inOutDb: round(aec3.measures.inOutDb, 1),
      heardPesqLoss: aec3PesqLoss,
      vadPercent: percentOf(aec3.voices),
    },
    missed: Object.entries(goals).flatMap(([goal, isMissed]) => (isMissed ? [goal] : [])),
  };
}

function isAbove(value: number | undefined, goal: number): boolean {
  return value !== undefined && value > goal;
}

function mapValues<T extends object>(values: T, map: (value: T[keyof T]) => T[keyof T]): T {
  return Object.fromEntries(
    (Object.entries(values) as [string, T[keyof T]][]).map(([key, value]) => [key, map(value)]),
  ) as T;
}

function percentOf(voices: FalseVoices | undefined): number | undefined {
  return voices && round(voicedPercent([voices.all]), 1);
}

function round<T extends number | undefined>(value: T, digits: number): T {
  return (value === undefined ? undefined : Math.round(value * 10 ** digits) / 10 ** digits) as T;
}
