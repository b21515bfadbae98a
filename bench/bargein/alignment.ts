/** Where in what the agent says a piece of the wire is from. */
export interface Alignment {
  /** Samples of the programme that lie before the wire's first one; may be negative. */
  readonly offset: number;
  readonly programme: Int16Array;
}

const COARSE_MS = 10;
/** Coarse places are right to within this. */
const FINE_MS = 12;
/** The waveform is compared over so much, at every so manieth place first. */
const COMPARED_MS = 300;
const STRIDE_MS = 0.125;
/** Levels beneath this differ by noise alone. */
const LEAST_DB = -50;
/** Places whose levels are most alike, by correlation; one of them is the right one. */
const CANDIDATES = 4;
const LEAST_ALIKE = 0.7;
/** The same words have the same waveform, but for what the codec makes of it. */
const SAME_WAVEFORM = 0.8;

interface Candidate {
  readonly programme: Int16Array;
  /** Of the programme, under the first sample compared. */
  readonly at: number;
  readonly likeness: number;
}

/**
 * Finds a stretch of the wire, from one sample to another, in what the agent may have said; both at one rate. First by
 * how the level moves, then by the waveform, to the sample. Programmes go round: after their end comes their beginning.
 * Undefined when it is nowhere in them.
 */
export function align(
  wire: Int16Array,
  from: number,
  to: number,
  programmes: readonly Int16Array[],
  rateHz: number,
): Alignment | undefined {
  const hop = (rateHz * COARSE_MS) / 1000;
  const stretch = wire.subarray(from, to);
  const wanted = centred(levelsOf(stretch, hop));
  const compared = Math.min(stretch.length, (rateHz * COMPARED_MS) / 1000);
  // Vowels: what a codec makes of a fricative is another noise.
  const loudest = loudestAt(stretch, compared, hop);
  const piece = stretch.subarray(loudest, loudest + compared);
  const candidates = programmes
    .flatMap(programme => likePlaces(wanted, programme, hop))
    .toSorted((a, b) => b.likeness - a.likeness)
    .slice(0, CANDIDATES);
  let best: Candidate | undefined;
  for (const { programme, at } of candidates) {
    const found = placeAround(piece, programme, at + loudest, rateHz);
    if (found.likeness > (best?.likeness ?? SAME_WAVEFORM)) best = found;
  }
  return best && { programme: best.programme, offset: best.at - loudest - from };
}

/** The place to the sample, where the wire has moved by some milliseconds; as it was where it fits, or where none does. */
export function realign(
  wire: Int16Array,
  from: number,
  to: number,
  before: Alignment,
  rateHz: number,
): Alignment {
  const { programme, offset } = before;
  const piece = wire.subarray(from, to);
  if (likenessAt(piece, programme, from + offset) >= SAME_WAVEFORM) return before;
  const found = placeAround(piece, programme, from + offset, rateHz);
  return found.likeness < SAME_WAVEFORM ? before : { programme, offset: found.at - from };
}

function likenessAt(piece: Int16Array, programme: Int16Array, at: number): number {
  const there = Float64Array.from(piece, (_, i) => roundSample(programme, at + i));
  return similarityAt(Float64Array.from(piece), there, 0);
}

function loudestAt(pcm: Int16Array, length: number, hop: number): number {
  let best = { at: 0, energy: -1 };
  for (let at = 0; at + length <= pcm.length; at += hop) {
    const energy = pcm.subarray(at, at + length).reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > best.energy) best = { at, energy };
  }
  return best.at;
}

/** Places of a programme whose levels move as wanted, each the likest around. */
function likePlaces(wanted: Float64Array, programme: Int16Array, hop: number): Candidate[] {
  const levels = levelsOf(programme, hop);
  const likenesses = Array.from(levels, (_, at) => correlationAt(wanted, levels, at));
  return likenesses.flatMap((likeness, hops) => {
    const isPeak = likeness >= (likenesses[hops - 1] ?? -1) && likeness > (likenesses[hops + 1] ?? -1);
    return isPeak && likeness >= LEAST_ALIKE ? [{ programme, at: hops * hop, likeness }] : [];
  });
}

/** Around a place, where the waveform is likest: first in strides, then to the sample. */
function placeAround(piece: Int16Array, programme: Int16Array, at: number, rateHz: number): Candidate {
  const slack = (rateHz * FINE_MS) / 1000;
  const stride = (rateHz * STRIDE_MS) / 1000;
  const wanted = Float64Array.from(piece);
  const from = at - slack - stride;
  const around = Float64Array.from({ length: piece.length + 2 * (slack + stride) }, (_, i) =>
    roundSample(programme, from + i),
  );
  const likest = (first: number, last: number, step: number): { lag: number; likeness: number } => {
    let best = { lag: first, likeness: -1 };
    for (let lag = first; lag <= last; lag += step) {
      const likeness = similarityAt(wanted, around, lag);
      if (likeness > best.likeness) best = { lag, likeness };
    }
    return best;
  };
  const { lag } = likest(stride, 2 * slack + stride, stride);
  const best = likest(lag - stride, lag + stride, 1);
  return { programme, at: from + best.lag, likeness: best.likeness };
}

function levelsOf(pcm: Int16Array, hop: number): Float64Array {
  return Float64Array.from({ length: Math.floor(pcm.length / hop) }, (_, index) => {
    let energy = 0;
    for (let i = index * hop; i < (index + 1) * hop; i += 1) energy += (pcm[i]! / 32_768) ** 2;
    return Math.max(LEAST_DB, 10 * Math.log10(energy / hop + 1e-12));
  });
}

/** Without its mean, and of length 1. */
function centred(levels: Float64Array): Float64Array {
  const mean = levels.reduce((sum, level) => sum + level, 0) / Math.max(1, levels.length);
  const around = levels.map(level => level - mean);
  const length = Math.sqrt(around.reduce((sum, level) => sum + level * level, 0));
  return around.map(level => level / (length || 1));
}

/** Of what is centred with levels that go round, −1 to 1. */
function correlationAt(wanted: Float64Array, levels: Float64Array, at: number): number {
  let product = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < wanted.length; i += 1) {
    const level = levels[(at + i) % levels.length]!;
    product += wanted[i]! * level;
    sum += level;
    squares += level * level;
  }
  const spread = squares - (sum * sum) / wanted.length;
  return spread <= 0 ? 0 : product / Math.sqrt(spread);
}

/** Cosine of two waveforms, −1 to 1. */
function similarityAt(wanted: Float64Array, around: Float64Array, lag: number): number {
  let product = 0;
  let energyWanted = 0;
  let energyThere = 0;
  for (let i = 0; i < wanted.length; i += 1) {
    const there = around[lag + i]!;
    product += wanted[i]! * there;
    energyWanted += wanted[i]! ** 2;
    energyThere += there * there;
  }
  return product / (Math.sqrt(energyWanted * energyThere) || 1);
}

/** A sample of what goes round. */
export function roundSample(programme: Int16Array, at: number): number {
  const { length } = programme;
  return programme[((at % length) + length) % length]!;
}
