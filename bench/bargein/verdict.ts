import {
  type BargeInEvent,
  EVENT_CLASSES,
  type EventClass,
  isBrief,
  isContinuing,
  isInterruption,
  lengthMsOf,
  type Trial,
} from './event.ts';
import type { Reaction } from './reaction.ts';

/** One event and what came of it. */
export interface Outcome {
  readonly kind: EventClass;
  readonly source: string;
  readonly text: string;
  readonly codec: string;
  readonly lengthMs: number;
  /** In its call; undefined: it could not begin. */
  readonly onsetMs: number | undefined;
  readonly duckMs: number | undefined;
  readonly isStopped: boolean;
  /** Undefined as well where the agent was stopped again and again before the event could begin. */
  readonly stopMs: number | undefined;
  /** How long the agent stayed low for nothing; infinite: to the end. Undefined: it was not lowered, or was stopped. */
  readonly resumeMs: number | undefined;
  readonly loweredMs: number;
}

interface Spread {
  readonly median: number | null;
  readonly p95: number | null;
}

/** What came of all events of a class. */
export interface ClassFigures {
  readonly events: number;
  readonly stops: number;
  readonly stopPct: number;
  /** Of the share of stops, 95 % (E. B. Wilson, 1927). */
  readonly stopPctInterval: readonly [number, number];
  readonly ducks: number;
  readonly duckMs: Spread;
  readonly stopMs: Spread;
  readonly resumeMs: Spread;
  readonly loweredMsMean: number;
}

/** The figures that the bench is about; infinite (in JSON: null) where more than a twentieth never came to it. */
export interface Headline {
  readonly duckP95Ms: number | null;
  readonly stopP95Ms: number | null;
  readonly resumeP95Ms: number | null;
  readonly falseStopPct: number;
  readonly trueStopPct: number;
  /** 95 %. */
  readonly falseStopPctInterval: readonly [number, number];
  readonly trueStopPctInterval: readonly [number, number];
  readonly events: number;
}

export const GOALS = {
  duckP95Ms: 120,
  stopP95Ms: 350,
  resumeP95Ms: 700,
  falseStopPct: 5,
  trueStopPct: 97,
} as const;

/** A stop that comes later is none for the one who spoke. */
const STOP_WITHIN_MS = 1500;

/**
 * What is over by itself leaves the agent low from its end on; what goes on in the background, from when it was lowered.
 */
export function outcomeOf(
  { event, onsetMs, endMs }: Trial,
  { duckMs, stopMs, backMs, loweredMs }: Reaction,
  codec: string,
): Outcome {
  const { kind, source, text } = event;
  const lengthMs = endMs - onsetMs;
  const isStopInTime = stopMs !== undefined && (!isInterruption(kind) || stopMs <= STOP_WITHIN_MS);
  const sinceMs = isBrief(kind) ? lengthMs : (duckMs ?? 0);
  const isLowered = !isInterruption(kind) && duckMs !== undefined && stopMs === undefined;
  return {
    kind,
    source,
    text,
    codec,
    lengthMs,
    onsetMs,
    duckMs,
    isStopped: isStopInTime,
    stopMs: isStopInTime ? stopMs : undefined,
    resumeMs: isLowered ? Math.max(0, (backMs ?? Number.POSITIVE_INFINITY) - sinceMs) : undefined,
    loweredMs,
  };
}

/** The agent did not speak for long enough: what goes on in the background stopped it again and again. */
export function outcomeOfMissed(event: BargeInEvent, codec: string): Outcome | undefined {
  const { kind, source, text } = event;
  if (isInterruption(kind) || isBrief(kind)) return undefined;
  const nothing = {
    onsetMs: undefined,
    duckMs: undefined,
    stopMs: undefined,
    resumeMs: undefined,
    loweredMs: 0,
  };
  return { kind, source, text, codec, lengthMs: lengthMsOf(event), isStopped: true, ...nothing };
}

export function headlineOf(outcomes: readonly Outcome[]): Headline {
  const interruptions = outcomes.filter(({ kind }) => isInterruption(kind));
  const others = outcomes.filter(({ kind }) => !isInterruption(kind));
  const continuing = interruptions.filter(({ kind }) => isContinuing(kind));
  return {
    // An agent that was not lowered was lowered too late.
    duckP95Ms: percentile(
      interruptions.map(({ duckMs }) => duckMs ?? Number.POSITIVE_INFINITY),
      0.95,
    ),
    stopP95Ms: percentile(
      continuing.flatMap(({ stopMs }) => stopMs ?? []),
      0.95,
    ),
    resumeP95Ms: percentile(
      others.flatMap(({ resumeMs }) => resumeMs ?? []),
      0.95,
    ),
    falseStopPct: stopPctOf(others),
    trueStopPct: stopPctOf(interruptions),
    falseStopPctInterval: wilson(stopsOf(others), others.length),
    trueStopPctInterval: wilson(stopsOf(interruptions), interruptions.length),
    events: outcomes.length,
  };
}

export function meetsGoals(headline: Headline): boolean {
  const { duckP95Ms, stopP95Ms, resumeP95Ms, falseStopPct, trueStopPct } = headline;
  const isWithin = (value: number | null, most: number): boolean => value !== null && value <= most;
  return (
    isWithin(duckP95Ms, GOALS.duckP95Ms) &&
    isWithin(stopP95Ms, GOALS.stopP95Ms) &&
    // Null: nothing was lowered for nothing.
    (resumeP95Ms === null || resumeP95Ms <= GOALS.resumeP95Ms) &&
    falseStopPct <= GOALS.falseStopPct &&
    trueStopPct >= GOALS.trueStopPct
  );
}

export function classFigures(outcomes: readonly Outcome[]): Partial<Record<EventClass, ClassFigures>> {
  return Object.fromEntries(
    EVENT_CLASSES.map(kind => [kind, outcomes.filter(outcome => outcome.kind === kind)] as const)
      .filter(([, ofClass]) => ofClass.length > 0)
      .map(([kind, ofClass]) => [kind, figuresOf(ofClass)]),
  );
}

function figuresOf(outcomes: readonly Outcome[]): ClassFigures {
  const stops = stopsOf(outcomes);
  const ducks = outcomes.filter(({ duckMs }) => duckMs !== undefined).length;
  const lowered = outcomes.reduce((sum, { loweredMs }) => sum + loweredMs, 0);
  return {
    events: outcomes.length,
    stops,
    stopPct: stopPctOf(outcomes),
    stopPctInterval: wilson(stops, outcomes.length),
    ducks,
    duckMs: spreadOf(outcomes.flatMap(({ duckMs }) => duckMs ?? [])),
    stopMs: spreadOf(outcomes.flatMap(({ stopMs }) => stopMs ?? [])),
    resumeMs: spreadOf(outcomes.flatMap(({ resumeMs }) => resumeMs ?? [])),
    loweredMsMean: round(lowered / outcomes.length),
  };
}

function stopPctOf(outcomes: readonly Outcome[]): number {
  return round((100 * stopsOf(outcomes)) / Math.max(1, outcomes.length));
}

function stopsOf(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ isStopped }) => isStopped).length;
}

/** Interval of a share in percent, 95 %: wide for few events, and right at 0 and 100. */
export function wilson(hits: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 100];
  const z = 1.96;
  const share = hits / count;
  const middle = share + (z * z) / (2 * count);
  const reach = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  const scale = 100 / (1 + (z * z) / count);
  return [round(Math.max(0, (middle - reach) * scale)), round(Math.min(100, (middle + reach) * scale))];
}

function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), p95: percentile(values, 0.95) };
}

/** The value that `share` of all do not exceed; null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];
  return value === undefined ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
