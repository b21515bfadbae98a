/** Where in what the agent says a piece of the wire is from. */
export interface Alignment {
  /** Samples of the programme that lie before the wire's first one; may be negative. */
  readonly offset: number;
  readonly programme: Int16Array;
}

const COARSE_MS = 10;
/** Coarse places are right to within this. */
const FINE_MS = 12;
/** Levels beneath this differ by noise alone. */
const LEAST_DB = -50;
const LEAST_LIKENESS = 0.9;

/**
 * Finds a stretch of the wire, from one sample to another, in what the agent may have said; both at one rate. First by
 * how the level moves, then to the sample. Programmes go round: what comes after their end is their beginning.
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
  const wanted = centred(levelsOf(wire.subarray(from, to), hop));
  let best: { readonly programme: Int16Array; readonly hops: number; readonly likeness: number } | undefined;
  for (const programme of programmes) {
    const levels = levelsOf(programme, hop);
    for (let hops = 0; hops < levels.length; hops += 1) {
      const likeness = likenessAt(wanted, levels, hops);
      if (likeness > (best?.likeness ?? LEAST_LIKENESS)) best = { programme, hops, likeness };
    }
  }
  if (best === undefined) return undefined;
  const { programme } = best;
  const slack = (rateHz * FINE_MS) / 1000;
  let [place, most] = [best.hops * hop, Number.NEGATIVE_INFINITY];
  for (let at = best.hops * hop - slack; at <= best.hops * hop + slack; at += 1) {
    const product = productAt(wire, from, to, programme, at);
    if (product > most) [place, most] = [at, product];
  }
  return { programme, offset: place - from };
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

/** Correlation of both, −1 to 1. */
function likenessAt(wanted: Float64Array, levels: Float64Array, at: number): number {
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

function productAt(wire: Int16Array, from: number, to: number, programme: Int16Array, at: number): number {
  let product = 0;
  for (let i = from; i < to; i += 1) product += wire[i]! * roundSample(programme, at + i - from);
  return product;
}

/** A sample of what goes round. */
export function roundSample(programme: Int16Array, at: number): number {
  const { length } = programme;
  return programme[((at % length) + length) % length]!;
}
