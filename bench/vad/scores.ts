import { joined, overlapMs, type Stretch, totalMs } from './stretches.ts';

/** A stretch that a detector took for speech: where it placed it, and when it knew. */
export interface Heard extends Stretch {
  /** When it was told to have begun. */
  readonly noticedMs: number;
  /** When it was told to be over. */
  readonly overMs: number;
}

/** One sound, what is said in it and what was heard. */
export interface Hearing {
  readonly lengthMs: number;
  readonly spoken: readonly Stretch[];
  readonly heard: readonly Heard[];
}

/** Milliseconds, by nearest rank. */
interface Delay {
  readonly median: number;
  readonly p95: number;
}

export interface Score {
  /** Over time: of speech, how much was heard as such, and the other way round. */
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly utterances: number;
  /** Of which nothing was heard. */
  readonly missed: number;
  /** From the first sound until it was noticed; of what was heard when nothing else was still being heard. */
  readonly onsetMs: Delay | undefined;
  /** From the last sound until the end was noticed; of what ended before something else was said. */
  readonly offsetMs: Delay | undefined;
  /** By how far first and last sounds were misplaced, either way. */
  readonly misplacedMs: { readonly onset: Delay | undefined; readonly offset: Delay | undefined };
  /** Stretches that are not near any speech. */
  readonly falseStarts: number;
  readonly falsePerMinute: number;
}

/** What is heard up to so far from speech belongs to it: its reverberation, its breath. */
const NEAR_MS = 100;

export function score(hearings: readonly Hearing[]): Score {
  const spokenMs = sum(hearings, ({ spoken }) => totalMs(spoken));
  const heardMs = sum(hearings, ({ heard }) => totalMs(joined(heard, 0)));
  const rightMs = sum(hearings, rightlyHeardMs);
  const quietMs = sum(hearings, ({ lengthMs }) => lengthMs) - spokenMs;
  const fates = hearings.flatMap(fatesOf);
  const falseStarts = sum(hearings, countFalseStarts);
  return {
    f1: thousandths(share(2 * rightMs, spokenMs + heardMs)),
    precision: thousandths(share(rightMs, heardMs)),
    recall: thousandths(share(rightMs, spokenMs)),
    utterances: fates.length,
    missed: fates.filter(({ isHeard }) => !isHeard).length,
    onsetMs: delayOf(fates.map(({ onsetMs }) => onsetMs)),
    offsetMs: delayOf(fates.map(({ offsetMs }) => offsetMs)),
    misplacedMs: {
      onset: delayOf(fates.map(({ startOffMs }) => startOffMs && Math.abs(startOffMs))),
      offset: delayOf(fates.map(({ endOffMs }) => endOffMs && Math.abs(endOffMs))),
    },
    falseStarts,
    falsePerMinute: hundredths(share(falseStarts, quietMs / 60_000)),
  };
}

function rightlyHeardMs({ spoken, heard }: Hearing): number {
  const stretches = joined(heard, 0);
  return sum(spoken, one => sum(stretches, other => overlapMs(one, other)));
}

/** What became of one utterance. */
interface Fate {
  readonly isHeard: boolean;
  readonly onsetMs?: number;
  readonly startOffMs?: number;
  readonly offsetMs?: number;
  readonly endOffMs?: number;
}

function fatesOf({ spoken, heard, lengthMs }: Hearing): Fate[] {
  return spoken.map((utterance, index) => {
    const touching = heard.filter(stretch => overlapMs(stretch, utterance) > 0);
    const first = touching[0];
    const last = touching.at(-1);
    if (first === undefined || last === undefined) return { isHeard: false };
    const nextMs = spoken[index + 1]?.startMs ?? lengthMs;
    const beganHere = first.noticedMs > utterance.startMs;
    const endedHere = last.overMs <= nextMs;
    return {
      isHeard: true,
      ...(beganHere && {
        onsetMs: first.noticedMs - utterance.startMs,
        startOffMs: first.startMs - utterance.startMs,
      }),
      ...(endedHere && { offsetMs: last.overMs - utterance.endMs, endOffMs: last.endMs - utterance.endMs }),
    };
  });
}

function countFalseStarts({ spoken, heard }: Hearing): number {
  const near = spoken.map(({ startMs, endMs }) => ({ startMs: startMs - NEAR_MS, endMs: endMs + NEAR_MS }));
  return heard.filter(stretch => near.every(speech => overlapMs(speech, stretch) === 0)).length;
}

function delayOf(delays: readonly (number | undefined)[]): Delay | undefined {
  const sorted = delays.filter(delay => delay !== undefined).toSorted((a, b) => a - b);
  const rank = (part: number): number => Math.round(sorted[Math.ceil(part * sorted.length) - 1]!);
  return sorted.length === 0 ? undefined : { median: rank(0.5), p95: rank(0.95) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** 0 of 0 is none wrong: 1 would be as true. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
