import { findSounds } from '../wire/onset.ts';

/** A stretch of sound of one leg that was found again in its recording. */
export interface Mark {
  /** Its beginning on the wire, in milliseconds since answer. */
  readonly atMs: number;
  /** Its place in the recording less its place on the wire. */
  readonly lagMs: number;
  /** Normalised cross-correlation at that place, at most 1. */
  readonly likeness: number;
}

/** How far a leg of the recording moves against the wire. */
export interface Drift {
  readonly marks: number;
  /** Stretches of sound that were not found. */
  readonly missed: number;
  /** From the first marks' median to the last marks' median. */
  readonly overMinutes: number;
  readonly driftMs: number;
  /** Largest distance of any mark from the median of all. */
  readonly worstMs: number;
  readonly firstLagMs: number;
  readonly lastLagMs: number;
}

export interface Leg {
  readonly pcm: Int16Array;
  readonly rateHz: number;
}

/** Both legs are compared at this rate: places are found to an eighth of a millisecond. */
const COMPARED_RATE_HZ = 8000;
const SAMPLES_PER_MS = COMPARED_RATE_HZ / 1000;
/** Sounds are cut where they pause for so long, and compared in no more than their beginning. */
const PAUSE_MS = 300;
const SHORTEST_MS = 250;
const LONGEST_MS = 1500;
/** How far from where it is expected the first mark may lie, and each further one from the one before. */
const FIRST_REACH_MS = 2500;
const REACH_MS = 400;
/** Codecs, concealment and the agent's ducking change a sound; less likeness than this is chance. */
const LEAST_LIKENESS = 0.6;
/** Marks at either end of which the median is taken. */
const END_MARKS = 3;

/** Finds each sound that was on the wire in the recording, which lags by about `expectedLagMs`. */
export function findMarks(
  wire: Leg,
  recorded: Leg,
  expectedLagMs: number,
): { readonly marks: readonly Mark[]; readonly missed: number } {
  const sent = atComparedRate(wire);
  const kept = atComparedRate(recorded);
  const marks: Mark[] = [];
  let missed = 0;
  for (const { startMs, endMs = startMs + LONGEST_MS } of findSounds(wire.pcm, {
    rateHz: wire.rateHz,
    hangMs: PAUSE_MS,
  })) {
    const lengthMs = Math.min(endMs - startMs, LONGEST_MS);
    if (lengthMs < SHORTEST_MS || startMs + expectedLagMs < 0) continue;
    const from = Math.round(startMs * SAMPLES_PER_MS);
    const piece = sent.subarray(from, from + Math.round(lengthMs * SAMPLES_PER_MS));
    const last = marks.at(-1);
    const around = from + Math.round((last?.lagMs ?? expectedLagMs) * SAMPLES_PER_MS);
    const reach = (last === undefined ? FIRST_REACH_MS : REACH_MS) * SAMPLES_PER_MS;
    const found = findPiece(piece, kept, around - reach, around + reach);
    if (found.likeness < LEAST_LIKENESS) missed += 1;
    else marks.push({ atMs: startMs, lagMs: (found.at - from) / SAMPLES_PER_MS, likeness: found.likeness });
  }
  return { marks, missed };
}

/** @throws Error when too little was found to tell anything */
export function driftOf({ marks, missed }: ReturnType<typeof findMarks>): Drift {
  if (marks.length < 2 * END_MARKS)
    throw new Error(`only ${marks.length} sounds were found in the recording (${missed} were not)`);
  const [first, last] = [marks.slice(0, END_MARKS), marks.slice(-END_MARKS)];
  const medianLagMs = (some: readonly Mark[]): number => median(some.map(({ lagMs }) => lagMs));
  const middleMs = medianLagMs(marks);
  const [firstLagMs, lastLagMs] = [medianLagMs(first), medianLagMs(last)];
  const overMs = median(last.map(({ atMs }) => atMs)) - median(first.map(({ atMs }) => atMs));
  return {
    marks: marks.length,
    missed,
    overMinutes: rounded(overMs / 60_000),
    driftMs: rounded(lastLagMs - firstLagMs),
    worstMs: rounded(Math.max(...marks.map(({ lagMs }) => Math.abs(lagMs - middleMs)))),
    firstLagMs: rounded(firstLagMs),
    lastLagMs: rounded(lastLagMs),
  };
}

/** The place in `kept`, within bounds, at which it is most like `piece`. */
function findPiece(
  piece: Float32Array,
  kept: Float32Array,
  from: number,
  to: number,
): { readonly at: number; readonly likeness: number } {
  const { length } = piece;
  const pieceEnergy = energy(piece);
  let best = { at: from, likeness: 0 };
  const first = Math.max(0, from);
  let keptEnergy = energy(kept.subarray(first, first + length));
  for (let at = first; at <= to && at + length < kept.length; at += 1) {
    let product = 0;
    for (let i = 0; i < length; i += 1) product += piece[i]! * kept[at + i]!;
    const likeness = product / Math.sqrt(pieceEnergy * keptEnergy + Number.MIN_VALUE);
    if (likeness > best.likeness) best = { at, likeness };
    keptEnergy = Math.max(0, keptEnergy + kept[at + length]! ** 2 - kept[at]! ** 2);
  }
  return best;
}

function energy(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}

/** Means of neighbours, which is filter enough: both legs are treated alike. */
function atComparedRate({ pcm, rateHz }: Leg): Float32Array {
  const every = rateHz / COMPARED_RATE_HZ;
  if (!Number.isInteger(every)) throw new Error(`${rateHz} Hz can't be compared`);
  return Float32Array.from({ length: Math.floor(pcm.length / every) }, (_, index) => {
    let sum = 0;
    for (let i = 0; i < every; i += 1) sum += pcm[index * every + i]!;
    return sum / every;
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
