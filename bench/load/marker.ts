import type { Track } from '../wire/track.ts';

/**
 * A sound that is found again to a fraction of a millisecond wherever it comes out: a maximum-length sequence of 255
 * chips (x⁸+x⁶+x⁵+x⁴+1) on a carrier in the middle of the telephone band, 127 ms long.
 */
const CARRIER_HZ = 1600;
const CHIPS_PER_S = 2000;
const CHIPS = 255;
const PEAK = 9000;
/** Normalised correlation from which a marker has been found; noise and other sounds stay below 0.25. */
const LEAST_MATCH = 0.45;
/** A return later than this is another's; one may seem early by as much as its packet was sent late. */
const MOST_DELAY_MS = 1500;
const MOST_EARLY_MS = 5;

export interface MarkerReturn {
  /** When it was sent, in milliseconds since answer. */
  readonly sentMs: number;
  readonly delayMs: number;
  /** Normalised correlation, up to 1. */
  readonly match: number;
}

export interface Drift {
  readonly returned: number;
  readonly missing: number;
  readonly medianDelayMs: number;
  /** Between the first and the last that came back. */
  readonly driftMs: number;
  /** Slope of the delay over the time, in millionths; undefined below three markers. */
  readonly driftPpm: number | undefined;
}

export function marker(rateHz: number): Int16Array {
  const chips = maximumLengthSequence();
  const samplesPerChip = rateHz / CHIPS_PER_S;
  const step = (2 * Math.PI * CARRIER_HZ) / rateHz;
  return Int16Array.from({ length: CHIPS * samplesPerChip }, (_, i) =>
    Math.round(PEAK * chips[Math.floor(i / samplesPerChip)]! * Math.sin(step * (i + 0.5))),
  );
}

function maximumLengthSequence(): number[] {
  let state = 1;
  return Array.from({ length: CHIPS }, () => {
    const chip = (state & 1) === 1 ? 1 : -1;
    const feedback = (state ^ (state >> 2) ^ (state >> 3) ^ (state >> 4)) & 1;
    state = (state >> 1) | (feedback << 7);
    return chip;
  });
}

/** Looks in what was heard for each marker that was sent; those that did not come back are left out. */
export function findReturns(sentMs: readonly number[], heard: Track): MarkerReturn[] {
  const wanted = marker(heard.rateHz);
  return sentMs.flatMap(atMs => {
    const found = findMarker(heard, wanted, atMs);
    return found === undefined ? [] : [{ sentMs: atMs, ...found }];
  });
}

function findMarker(
  { pcm, rateHz }: Track,
  wanted: Int16Array,
  sentMs: number,
): Omit<MarkerReturn, 'sentMs'> | undefined {
  const first = Math.max(0, Math.round(((sentMs - MOST_EARLY_MS) * rateHz) / 1000));
  const last = Math.min(pcm.length - wanted.length, first + (MOST_DELAY_MS * rateHz) / 1000);
  let best = { at: -1, match: 0 };
  for (let at = first; at <= last; at += 1) {
    const match = correlation(pcm, at, wanted);
    if (match > best.match) best = { at, match };
  }
  if (best.match < LEAST_MATCH) return undefined;
  const at = best.at + peakOffset(pcm, best.at, wanted);
  return { delayMs: (at * 1000) / rateHz - sentMs, match: best.match };
}

/** Normalised, so that neither level nor louder sounds beside it count; polarity does not either. */
function correlation(pcm: Int16Array, at: number, wanted: Int16Array): number {
  if (at < 0 || at + wanted.length > pcm.length) return 0;
  let product = 0;
  let energy = 0;
  let wantedEnergy = 0;
  for (let i = 0; i < wanted.length; i += 1) {
    const sample = pcm[at + i]!;
    const chip = wanted[i]!;
    product += sample * chip;
    energy += sample * sample;
    wantedEnergy += chip * chip;
  }
  return energy === 0 ? 0 : Math.abs(product) / Math.sqrt(energy * wantedEnergy);
}

/** Where between samples the peak lies, by the parabola through it and its neighbours. */
function peakOffset(pcm: Int16Array, at: number, wanted: Int16Array): number {
  const before = correlation(pcm, at - 1, wanted);
  const here = correlation(pcm, at, wanted);
  const after = correlation(pcm, at + 1, wanted);
  const curvature = before - 2 * here + after;
  return curvature === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curvature)));
}

/** What the delays of returned markers say about the two clocks and the buffers between them. */
export function driftOf(returns: readonly MarkerReturn[], sent: number): Drift | undefined {
  if (returns.length === 0) return undefined;
  const delaysMs = returns.map(({ delayMs }) => delayMs).toSorted((a, b) => a - b);
  return {
    returned: returns.length,
    missing: sent - returns.length,
    medianDelayMs: round(delaysMs[Math.floor(delaysMs.length / 2)]!),
    driftMs: round(returns.at(-1)!.delayMs - returns[0]!.delayMs),
    driftPpm: slopePpm(returns),
  };
}

function slopePpm(returns: readonly MarkerReturn[]): number | undefined {
  if (returns.length < 3) return undefined;
  const meanSentMs = returns.reduce((sum, { sentMs }) => sum + sentMs, 0) / returns.length;
  const meanDelayMs = returns.reduce((sum, { delayMs }) => sum + delayMs, 0) / returns.length;
  let products = 0;
  let squares = 0;
  for (const { sentMs, delayMs } of returns) {
    products += (sentMs - meanSentMs) * (delayMs - meanDelayMs);
    squares += (sentMs - meanSentMs) ** 2;
  }
  return round((products / squares) * 1e6);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
