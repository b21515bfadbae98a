import { type Alignment, align, realign, roundSample } from './alignment.ts';
import type { Trial } from './event.ts';

/** What the wire showed of the agent around one event; times in milliseconds since the event's first packet. */
export interface Reaction {
  /** Its level has fallen by 12 dB; undefined: it did not. */
  readonly duckMs: number | undefined;
  /** Its last sound; undefined: it spoke on, be it after a pause. */
  readonly stopMs: number | undefined;
  /** Its level is back within 3 dB for good; undefined: it never fell, was stopped, or stayed low. */
  readonly backMs: number | undefined;
  /** For so long was it lower than 12 dB, or silent, until it stopped or the event was over. */
  readonly loweredMs: number;
}

/** The agent's side of a call as it was heard, and what it may have said. */
export interface HeardAgent {
  readonly pcm: Int16Array;
  readonly rateHz: number;
  readonly programmes: readonly Int16Array[];
}

const HOP_MS = 5;
/** So much of the agent's voice tells where in its speech it is, and its usual level. */
const PLACED_MS = 900;
const LEAST_PLACED_MS = 250;
/** What follows from an event begins by then after its end. */
const AFTERMATH_MS = 1200;
const FALL_DB = -12;
const BACK_DB = -3;
/** A level has fallen when it stays so for this long, and is back when it stays so for that long. */
const FALLEN_FOR_MS = 20;
const BACK_FOR_MS = 150;
/** Where the agent says something at least this loud the wire tells by how much it is lowered. */
const TELLING_DB = -42;
/** What it says is never this quiet for so long, even lowered by 14 dB. */
const SILENT_DB = -58;
const PAUSE_MS = 120;
/** Silent for so long, it has stopped; after less, it was held and speaks on. */
const STOPPED_MS = 1000;
const LEAST_DB = -90;
/** So long is one place in the agent's speech taken to be right. */
const BLOCK_MS = 200;
/** How long the wire is looked at after the end of an event. */
export const WATCHED_MS = AFTERMATH_MS + STOPPED_MS;

/**
 * Measures one event on the wire alone. What the agent says is known, so that its gain is known in every 5 ms in which it
 * says something: level on the wire less level in the known speech. Where it had hardly begun to speak before the event,
 * only its silence is measured.
 * @returns undefined when it was silent already as the event began
 */
export function measureReaction(agent: HeardAgent, { onsetMs, endMs }: Trial): Reaction | undefined {
  const { rateHz } = agent;
  const sampleAt = (ms: number): number => Math.round((ms * rateHz) / 1000);
  const hop = sampleAt(HOP_MS);
  const onset = sampleAt(onsetMs);
  const until = Math.min(agent.pcm.length, sampleAt(endMs + WATCHED_MS));
  const justBeforeDb = levelsOf(agent.pcm, Math.max(0, onset - sampleAt(PAUSE_MS)), onset, hop);
  if (justBeforeDb.every(levelDb => levelDb < SILENT_DB)) return undefined;
  const levelsDb = levelsOf(agent.pcm, onset, until, hop);
  const latestMs = endMs - onsetMs + AFTERMATH_MS;
  const before = placed(agent, onset - sampleAt(PLACED_MS), onset);
  if (before === undefined) return reactionOf([], levelsDb, latestMs);
  const usualDb = median(gainsOf(agent, onset - sampleAt(PLACED_MS), onset, hop, before));
  const gainsDb = spans(levelsDb).flatMap(({ from, to, isSilent }) => {
    if (isSilent) return Array.from({ length: to - from }, () => LEAST_DB);
    const start = onset + from * hop;
    const end = onset + to * hop;
    // After a pause it speaks on where it was held, or says something else.
    const place = from === 0 ? before : placed(agent, start, Math.min(end, start + sampleAt(PLACED_MS)));
    if (place === undefined) return Array.from({ length: to - from }, () => Number.NaN);
    return gainsOf(agent, start, end, hop, place).map(gainDb => gainDb - usualDb);
  });
  return reactionOf(gainsDb, levelsDb, latestMs);
}

/**
 * By gains against the usual one (not a number where the agent says nothing) and levels on the wire, every 5 ms. What
 * begins after `latestMs` is not the event's.
 */
export function reactionOf(
  gainsDb: readonly number[],
  levelsDb: readonly number[],
  latestMs = Number.POSITIVE_INFINITY,
): Reaction {
  const asMs = (hop: number | undefined): number | undefined =>
    hop === undefined ? undefined : hop * HOP_MS;
  const stop = spans(levelsDb).find(
    ({ from, to, isSilent }) => isSilent && (to - from) * HOP_MS >= STOPPED_MS,
  );
  const inTimeDb = gainsDb.slice(0, (latestMs + FALLEN_FOR_MS) / HOP_MS);
  const fallFrom = (from: number): number | undefined => {
    const found = firstLasting(inTimeDb, from, FALLEN_FOR_MS, gainDb => gainDb <= FALL_DB);
    return found === undefined ? undefined : pauseBefore(inTimeDb, found, from);
  };
  const fall = fallFrom(0);
  // Silence is lower, too: in a pause of what it says, or where its place is not known.
  const duck = stop === undefined ? fall : Math.min(fall ?? stop.from, stop.from);
  const back = duck === undefined || stop !== undefined ? undefined : lastReturn(gainsDb, duck, fallFrom);
  const lowered = gainsDb.slice(0, stop?.from).filter(gainDb => gainDb <= FALL_DB).length;
  return {
    duckMs: asMs(duck),
    stopMs: asMs(stop?.from),
    backMs: asMs(back),
    loweredMs: lowered * HOP_MS,
  };
}

/** A stretch of hops in which the agent pauses, or does not. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly isSilent: boolean;
}

/** Pauses longer than the agent's own, and what lies between them. */
function spans(levelsDb: readonly number[]): Span[] {
  const found: Span[] = [];
  let spoken = 0;
  for (let hop = 0; hop < levelsDb.length; ) {
    let end = hop;
    while (end < levelsDb.length && levelsDb[end]! < SILENT_DB) end += 1;
    if ((end - hop) * HOP_MS >= PAUSE_MS) {
      if (hop > spoken) found.push({ from: spoken, to: hop, isSilent: false });
      found.push({ from: hop, to: end, isSilent: true });
      spoken = end;
    }
    hop = end + 1;
  }
  if (spoken < levelsDb.length) found.push({ from: spoken, to: levelsDb.length, isSilent: false });
  return found;
}

/** The first hop from which on all that are known hold for so long. */
function firstLasting(
  gainsDb: readonly number[],
  from: number,
  lengthMs: number,
  holds: (gainDb: number) => boolean,
): number | undefined {
  let since: number | undefined;
  let count = 0;
  for (let hop = from; hop < gainsDb.length; hop += 1) {
    const gainDb = gainsDb[hop]!;
    if (Number.isNaN(gainDb)) continue;
    if (!holds(gainDb)) {
      since = undefined;
      count = 0;
      continue;
    }
    since ??= hop;
    count += 1;
    if (count * HOP_MS >= lengthMs) return since;
  }
  return undefined;
}

/** Where the pause begins that ends at a hop, but not before `from`: the agent was last heard as loud as before ahead of it. */
function pauseBefore(gainsDb: readonly number[], end: number, from: number): number {
  let hop = end;
  while (hop > from && Number.isNaN(gainsDb[hop - 1]!)) hop -= 1;
  return hop;
}

/** Where the agent is back after the last time that it was lowered. */
function lastReturn(
  gainsDb: readonly number[],
  duck: number,
  fallFrom: (hop: number) => number | undefined,
): number | undefined {
  let back: number | undefined;
  let fallen: number | undefined = duck;
  while (fallen !== undefined) {
    back = firstLasting(gainsDb, fallen, BACK_FOR_MS, gainDb => gainDb >= BACK_DB);
    if (back === undefined) return undefined;
    fallen = fallFrom(back);
  }
  return back;
}

/** Where in its speech the agent is between two samples of the wire; undefined where that can't be told. */
function placed({ pcm, rateHz, programmes }: HeardAgent, from: number, to: number): Alignment | undefined {
  if (from < 0 || to > pcm.length || ((to - from) * 1000) / rateHz < LEAST_PLACED_MS) return undefined;
  return align(pcm, from, to, programmes, rateHz);
}

/**
 * Level on the wire less level of what the agent says there; not a number where it says nothing. The place is looked for
 * again and again: packets that come late for a while move it by some milliseconds.
 */
function gainsOf(
  { pcm, rateHz }: HeardAgent,
  from: number,
  to: number,
  hop: number,
  first: Alignment,
): number[] {
  const hopsOfABlock = BLOCK_MS / HOP_MS;
  let place = first;
  return Array.from({ length: Math.max(0, Math.floor((to - from) / hop)) }, (_, index) => {
    const start = from + index * hop;
    const blockEnd = start + hopsOfABlock * hop;
    if (index % hopsOfABlock === 0 && blockEnd <= to) place = realign(pcm, start, blockEnd, place, rateHz);
    return gainAt(pcm, start, hop, place);
  });
}

function gainAt(pcm: Int16Array, start: number, hop: number, { programme, offset }: Alignment): number {
  let said = 0;
  let heard = 0;
  for (let i = start; i < start + hop; i += 1) {
    said += roundSample(programme, i + offset) ** 2;
    heard += pcm[i]! ** 2;
  }
  const saidDb = decibels(said / hop);
  return saidDb < TELLING_DB ? Number.NaN : decibels(heard / hop) - saidDb;
}

function levelsOf(pcm: Int16Array, from: number, to: number, hop: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / hop)) }, (_, index) => {
    let energy = 0;
    for (let i = from + index * hop; i < from + (index + 1) * hop; i += 1) energy += pcm[i]! ** 2;
    return decibels(energy / hop);
  });
}

/** Of full scale, from the mean square of 16-bit samples. */
function decibels(power: number): number {
  return Math.max(LEAST_DB, 10 * Math.log10(power / 32_768 ** 2 + 1e-12));
}

function median(values: readonly number[]): number {
  const known = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  return known[known.length >> 1] ?? 0;
}
