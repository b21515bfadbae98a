import type { Cancelled } from './canceller.ts';
import { ERLE_GOALS_DB } from './goals.ts';
import type { Scene } from './scene.ts';
import { activeWindows, powerIn, toDb, WINDOW_MS } from './signal.ts';

/** When the echo is judged, after it began or its path changed. */
const JUDGED_AFTER_S = 3;
/** Over so much of echo that is heard, 1 s. */
const JUDGED_WINDOWS = 1000 / WINDOW_MS;
/** At the end of a call, 3 s. */
const LAST_WINDOWS = 3000 / WINDOW_MS;
/** Converged is what reaches its goal over so much, 300 ms. */
const CONVERGED_WINDOWS = 300 / WINDOW_MS;
/** What is so far below the loudest is not counted: pauses, and the noise in them. */
export const ACTIVE_DB = 30;
/** A sine of full scale has 3 dB less; one of 0 dBm0 lies 3.14 dB below it (ITU-T G.711 §4). */
const FULL_SCALE_DBM0 = 3.01 + 3.14;

/** In decibels; undefined where the scene has nothing to measure it by. */
export interface Measures {
  /** Echo return loss enhancement over the first second of echo from 3 s on, by shadow processing. */
  readonly erleDb: number | undefined;
  /** The same over the last three seconds of echo. */
  readonly lastErleDb: number | undefined;
  /** What is left of the echo while there is any, from 3 s on. */
  readonly residualDbm0: number | undefined;
  /** From the beginning, or the change, until the goal is reached. */
  readonly convergedMs: number | undefined;
  /** By how much the near end is softer while it talks. */
  readonly nearLossDb: number | undefined;
  /** What goes in over what comes out while there is echo and nobody talks, from 3 s on: the noise beneath is in both. */
  readonly inOutDb: number | undefined;
}

export function measure(scene: Scene, { out, parts }: Cancelled): Measures {
  const { rateHz, echo, near, mic } = scene;
  const active = activeWindows(echo, rateHz, ACTIVE_DB);
  const talking = scene.nearTalks ? activeWindows(near, rateHz, ACTIVE_DB) : [];
  const startMs = scene.changedAtS === undefined ? farStartMs(scene) : scene.changedAtS * 1000;
  const since = active.filter(window => window * WINDOW_MS >= startMs);
  const late = active.filter(window => window * WINDOW_MS >= startMs + JUDGED_AFTER_S * 1000);
  const talks = new Set(talking);
  const quiet = late.filter(window => !talks.has(window));
  const ratio = (
    before: Float32Array,
    after: Float32Array,
    windows: readonly number[],
  ): number | undefined =>
    windows.length === 0
      ? undefined
      : toDb(powerIn(before, rateHz, windows)) - toDb(powerIn(after, rateHz, windows));
  const inOutDb = ratio(mic, out, quiet);
  if (parts === undefined) return { ...NOT_SHADOWED, inOutDb };
  const erleIn = (windows: readonly number[]): number | undefined => ratio(echo, parts.echo, windows);
  return {
    erleDb: erleIn(late.slice(0, JUDGED_WINDOWS)),
    lastErleDb: erleIn(late.slice(-LAST_WINDOWS)),
    residualDbm0: late.length === 0 ? undefined : levelDbm0(powerIn(parts.echo, rateHz, late)),
    convergedMs: convergedMs(since, erleIn, ERLE_GOALS_DB[scene.kind], startMs),
    nearLossDb: ratio(near, parts.near, talking),
    inOutDb,
  };
}

const NOT_SHADOWED = {
  erleDb: undefined,
  lastErleDb: undefined,
  residualDbm0: undefined,
  convergedMs: undefined,
  nearLossDb: undefined,
};

/** Echo return loss enhancement in each second, undefined where there is no echo to speak of. */
export function erlePerSecond({ rateHz, echo }: Scene, left: Float32Array): (number | undefined)[] {
  const seconds = Map.groupBy(activeWindows(echo, rateHz, ACTIVE_DB), window =>
    Math.floor((window * WINDOW_MS) / 1000),
  );
  return Array.from({ length: Math.ceil(echo.length / rateHz) }, (_, second) => {
    const windows = seconds.get(second);
    if (windows === undefined) return undefined;
    return toDb(powerIn(echo, rateHz, windows)) - toDb(powerIn(left, rateHz, windows));
  });
}

/** When the far end says its first word. */
function farStartMs({ far, rateHz }: Scene): number {
  return (activeWindows(far, rateHz, ACTIVE_DB)[0] ?? 0) * WINDOW_MS;
}

function convergedMs(
  windows: readonly number[],
  erleIn: (windows: readonly number[]) => number | undefined,
  goalDb: number,
  startMs: number,
): number | undefined {
  for (let end = CONVERGED_WINDOWS; end <= windows.length; end += 1) {
    const erleDb = erleIn(windows.slice(end - CONVERGED_WINDOWS, end));
    if (erleDb !== undefined && erleDb >= goalDb) return (windows[end - 1]! + 1) * WINDOW_MS - startMs;
  }
  return undefined;
}

function levelDbm0(power: number): number {
  return toDb(power) + FULL_SCALE_DBM0;
}
