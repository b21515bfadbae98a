import type { Held } from './sample.ts';
import { isGrowing, type Slope, slopeOf } from './slope.ts';

/** The node at one moment. */
export interface Sample {
  /** Since the first call was placed. */
  readonly atMs: number;
  readonly calls: number;
  readonly latenessP99Ms: number;
  readonly bareTimerP999Ms: number;
  readonly byProcess: Readonly<Record<string, Held>>;
}

export interface SoakVerdict {
  /** By process and figure, and of the lateness of packets. */
  readonly slopes: Readonly<Record<string, Slope>>;
  /** Names of those that certainly rise. */
  readonly growing: readonly string[];
}

/** Calls are not all up yet, and programs not all compiled. */
const SETTLING_SHARE = 0.2;
const MOST_SHARE = 0.05;
/** Less than this over a run is noise. */
const FLOORS = { memoryMiB: 4, descriptors: 4, threads: 2, timers: 8, handles: 4 } as const;
const LATENESS_FLOOR_MS = 1;

const FIGURES = Object.keys(FLOORS) as (keyof typeof FLOORS)[];

export function judge(samples: readonly Sample[], soakMs: number): SoakVerdict {
  const settled = samples.filter(({ atMs }) => atMs >= soakMs * SETTLING_SHARE);
  const hours = soakMs / 3_600_000;
  const slopes: Record<string, Slope> = {};
  const growing: string[] = [];
  const look = (name: string, floor: number, figureOf: (sample: Sample) => number | undefined): void => {
    const points = settled.flatMap(sample => {
      const value = figureOf(sample);
      return value === undefined ? [] : [{ atMs: sample.atMs, value }];
    });
    const slope = slopeOf(points);
    if (slope === undefined) return;
    slopes[name] = slope;
    if (isGrowing(slope, hours, MOST_SHARE, floor)) growing.push(name);
  };
  for (const process of new Set(settled.flatMap(({ byProcess }) => Object.keys(byProcess))))
    for (const figure of FIGURES)
      look(`${process} ${figure}`, FLOORS[figure], ({ byProcess }) => byProcess[process]?.[figure]);
  look('latenessP99Ms', LATENESS_FLOOR_MS, ({ latenessP99Ms }) => latenessP99Ms);
  return { slopes, growing };
}
