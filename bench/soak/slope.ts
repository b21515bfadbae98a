/** How a figure changes: by so much an hour, with the 95 % interval of that. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  /** Its mean, to hold the slope against. */
  readonly mean: number;
  readonly points: number;
}

/** Neighbouring samples are alike; means of so many stretches are less so, and the interval is honest. */
const BLOCKS = 20;
/** Student's t at 97.5 % for degrees of freedom from 1 on. */
const T = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1,
] as const;

interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Least squares through means of stretches of the samples; undefined for fewer than three. */
export function slopeOf(samples: readonly Point[]): Slope | undefined {
  const points = blocksOf(samples);
  const n = points.length;
  if (n < 3) return undefined;
  const meanX = mean(points.map(({ atMs }) => atMs));
  const meanY = mean(points.map(({ value }) => value));
  const sxx = sum(points.map(({ atMs }) => (atMs - meanX) ** 2));
  const sxy = sum(points.map(({ atMs, value }) => (atMs - meanX) * (value - meanY)));
  const slope = sxy / sxx;
  const residuals = points.map(({ atMs, value }) => (value - meanY - slope * (atMs - meanX)) ** 2);
  const halfWidth = T[n - 3]! * Math.sqrt(sum(residuals) / (n - 2) / sxx);
  const perHour = (value: number): number => Math.round(value * 3_600_000 * 1000) / 1000;
  return {
    perHour: perHour(slope),
    low: perHour(slope - halfWidth),
    high: perHour(slope + halfWidth),
    mean: Math.round(meanY * 100) / 100,
    points: samples.length,
  };
}

/** Whether a figure certainly rises by more than this share of its mean in so many hours. */
export function isGrowing(slope: Slope | undefined, hours: number, share: number, floor: number): boolean {
  return slope !== undefined && slope.low * hours > Math.max(floor, slope.mean * share);
}

function blocksOf(samples: readonly Point[]): readonly Point[] {
  const blocks = Math.min(BLOCKS, samples.length);
  return Array.from({ length: blocks }, (_, index) => {
    const from = Math.floor((index * samples.length) / blocks);
    const part = samples.slice(from, Math.floor(((index + 1) * samples.length) / blocks));
    return { atMs: mean(part.map(({ atMs }) => atMs)), value: mean(part.map(({ value }) => value)) };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
