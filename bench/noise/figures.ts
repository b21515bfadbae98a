import type { Hearing } from './judge.ts';

/** A suppressor's hearing with what PESQ and STOI say of it, and of the passage without any. */
export interface Judged extends Hearing {
  readonly pesq: number;
  readonly stoi: number;
  readonly untreatedPesq: number;
  readonly untreatedStoi: number;
}

/** Means over passages. */
export interface Figure {
  readonly passages: number;
  readonly snrGainDb: number;
  readonly speakingSnrGainDb: number;
  readonly siSdrGainDb: number;
  readonly speechLossDb: number;
  readonly pauseFallDb: number;
  readonly pesq: number;
  readonly pesqGain: number;
  readonly stoi: number;
  readonly stoiGain: number;
}

interface Overall extends Figure {
  /** CPU time for 10 ms, the median over passages that all went through in turn. */
  readonly usPerFrame: number;
}

/** By rate in Hz, then by suppressor; then also by noise, and by noise and SNR. */
export interface Figures {
  readonly overall: ByRate<Overall>;
  readonly byNoise: ByRate<Readonly<Record<string, Figure>>>;
  readonly byNoiseAndSnr: ByRate<Readonly<Record<string, Figure>>>;
}

type ByRate<F> = Readonly<Record<string, Readonly<Record<string, F>>>>;

export function figuresOf(judged: readonly Judged[]): Figures {
  return {
    overall: byRateAndSuppressor(judged, members => ({
      ...figureOf(members),
      usPerFrame: rounded(median(members.map(({ microsPerFrame }) => microsPerFrame)), 1),
    })),
    byNoise: byRateAndSuppressor(judged, members =>
      grouped(members, ({ passage }) => passage.noiseKind, figureOf),
    ),
    byNoiseAndSnr: byRateAndSuppressor(judged, members =>
      grouped(members, ({ passage }) => `${passage.noiseKind}, ${passage.snrDb} dB`, figureOf),
    ),
  };
}

function byRateAndSuppressor<F>(judged: readonly Judged[], of: (members: readonly Judged[]) => F): ByRate<F> {
  return grouped(
    judged,
    ({ passage }) => String(passage.rateHz),
    sameRate => grouped(sameRate, ({ suppressor }) => suppressor, of),
  );
}

function grouped<F>(
  judged: readonly Judged[],
  keyOf: (one: Judged) => string,
  of: (members: readonly Judged[]) => F,
): Record<string, F> {
  return Object.fromEntries([...Map.groupBy(judged, keyOf)].map(([key, members]) => [key, of(members)]));
}

function figureOf(members: readonly Judged[]): Figure {
  const mean = (of: (one: Judged) => number): number =>
    members.reduce((sum, one) => sum + of(one), 0) / members.length;
  return {
    passages: members.length,
    snrGainDb: rounded(
      mean(({ gains }) => gains.snrGainDb),
      1,
    ),
    speakingSnrGainDb: rounded(
      mean(({ gains }) => gains.speakingSnrGainDb),
      1,
    ),
    siSdrGainDb: rounded(
      mean(({ gains }) => gains.siSdrGainDb),
      1,
    ),
    speechLossDb: rounded(
      mean(({ gains }) => gains.speechLossDb),
      1,
    ),
    pauseFallDb: rounded(
      mean(({ gains }) => gains.pauseFallDb),
      1,
    ),
    pesq: rounded(
      mean(({ pesq }) => pesq),
      2,
    ),
    pesqGain: rounded(
      mean(({ pesq, untreatedPesq }) => pesq - untreatedPesq),
      2,
    ),
    stoi: rounded(
      mean(({ stoi }) => stoi),
      3,
    ),
    stoiGain: rounded(
      mean(({ stoi, untreatedStoi }) => stoi - untreatedStoi),
      3,
    ),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
