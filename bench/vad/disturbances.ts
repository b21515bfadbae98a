import type { SeededRandom } from '../caller/random.ts';
import { bandPass, filtered, lowPass, reverberated, whiteNoise } from '../noise/filters.ts';
import { atLevel } from '../noise/noises.ts';
import type { NoiseSet } from '../noise/sets.ts';
import { addAt, sum } from '../noise/signal.ts';
import { music } from '../noise/talking_noises.ts';
import { SOURCE_RATE_HZ as RATE_HZ, talk, type Voice } from '../noise/voices.ts';
import type { Stretch } from './stretches.ts';

/** What lines and rooms bring that is no noise of a place, at 16 kHz; levels in dB of full scale. */
export const BETWEEN = ['comfort noise', 'keys', 'leaked keys', 'clicks', 'slams', 'music on hold'] as const;
export type Between = (typeof BETWEEN)[number];

/** What a quiet line has. */
const LINE_HISS_DB = -72;

export function lineHiss(length: number, random: SeededRandom): Float32Array {
  return atLevel(whiteNoise(length, random), LINE_HISS_DB);
}

/** About −50 dBm0, the most that an echo canceller may leave. */
const RESIDUE_DB = -53;

/** What is left of the agent's voice behind an echo canceller: its words, thin and from afar. */
export function residueOf(voices: readonly Voice[], length: number, random: SeededRandom): Float32Array {
  const said = talk(random.pick(voices), length, random.integer(0, 9), 400);
  const thin = filtered(said, bandPass(900, RATE_HZ, 0.6));
  return atLevel(reverberated(thin, RATE_HZ, 120, 0.5), RESIDUE_DB);
}

/** From speech to what is heard after it, and before speech begins again. */
const MARGIN_MS = 250;

/** Fills the pauses between what is spoken. */
export function playBetween(
  between: Between,
  noises: NoiseSet,
  length: number,
  spoken: readonly Stretch[],
  random: SeededRandom,
): Float32Array {
  const whole = new Float32Array(length);
  for (const { startMs, endMs } of pausesOf(spoken, (length * 1000) / RATE_HZ)) {
    const count = samplesIn(endMs - startMs);
    addAt(whole, samplesIn(startMs), fill(between, noises, count, random));
  }
  return whole;
}

function pausesOf(spoken: readonly Stretch[], lengthMs: number): Stretch[] {
  const starts = [0, ...spoken.map(({ endMs }) => endMs + MARGIN_MS)];
  const ends = [...spoken.map(({ startMs }) => startMs - MARGIN_MS), lengthMs];
  return starts
    .map((startMs, index) => ({ startMs, endMs: ends[index]! }))
    .filter(({ startMs, endMs }) => endMs > startMs);
}

function fill(between: Between, noises: NoiseSet, length: number, random: SeededRandom): Float32Array {
  switch (between) {
    case 'comfort noise':
      return comfortNoise(length, random);
    case 'keys':
      return repeated(length, random, { every: [140, 350], sound: () => key(random, 50, 120) });
    case 'leaked keys':
      return repeated(length, random, { every: [200, 400], sound: () => key(random, 15, 40) });
    case 'clicks':
      return repeated(length, random, { every: [250, 900], sound: () => click(random) });
    case 'slams':
      return repeated(length, random, { every: [900, 2200], sound: () => slam(random) });
    case 'music on hold':
      return atLevel(music(length, noises.television, random), -24);
  }
}

interface Repeated {
  /** From the start of one to that of the next, in milliseconds: least and most. */
  readonly every: readonly [number, number];
  sound(): Float32Array;
}

function repeated(length: number, random: SeededRandom, { every, sound }: Repeated): Float32Array {
  const whole = new Float32Array(length);
  let at = 0;
  for (;;) {
    const one = sound();
    if (at + one.length > length) return whole;
    addAt(whole, at, one);
    at += Math.max(one.length, samplesIn(random.integer(...every)));
  }
}

/** Shaped noise that begins and ends at once, as where silence is suppressed (ITU-T G.711 Appendix II). */
function comfortNoise(length: number, random: SeededRandom): Float32Array {
  return atLevel(filtered(whiteNoise(length, random), lowPass(1200, RATE_HZ, 0.5)), random.integer(-58, -46));
}

const LOW_HZ = [697, 770, 852, 941] as const;
const HIGH_HZ = [1209, 1336, 1477, 1633] as const;

/** A key of the pad (ITU-T Q.23, Q.24), of −24 to −10 dB a tone, with up to 4 dB of twist. */
function key(random: SeededRandom, leastMs: number, mostMs: number): Float32Array {
  const gain = Math.SQRT2 * 10 ** (random.integer(-24, -10) / 20);
  const twist = 10 ** (random.integer(-4, 4) / 20);
  const [low, high] = [random.pick(LOW_HZ), random.pick(HIGH_HZ)].map(hz => (2 * Math.PI * hz) / RATE_HZ);
  return Float32Array.from(
    { length: samplesIn(random.integer(leastMs, mostMs)) },
    (_, i) => (gain * (Math.sin(low! * i) + twist * Math.sin(high! * i))) / Math.max(1, twist),
  );
}

/** Of a switch or a broken contact. */
function click(random: SeededRandom): Float32Array {
  const length = samplesIn(random.integer(1, 6));
  const gain = 10 ** (random.integer(-20, -6) / 20);
  return whiteNoise(length, random).map((sample, i) => (gain * sample * (1 - i / length)) / 2);
}

/** A door: a thud and its room. */
function slam(random: SeededRandom): Float32Array {
  const length = RATE_HZ / 2;
  const halfLife = samplesIn(random.integer(15, 50));
  const thudHz = random.integer(70, 160);
  const thud = Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * thudHz * i) / RATE_HZ));
  const crash = filtered(whiteNoise(length, random), lowPass(random.integer(700, 3000), RATE_HZ));
  const struck = sum(crash, thud).map((sample, i) => sample * 0.5 ** (i / halfLife));
  return atLevel(reverberated(struck, RATE_HZ, 400, 0.6), random.integer(-28, -18));
}

function samplesIn(durationMs: number): number {
  return Math.round((durationMs * RATE_HZ) / 1000);
}
