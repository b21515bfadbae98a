import { FRAME_MS, type Frame, type PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** A key of the telephone pad is one tone of each group (ITU-T Q.23). */
const LOW_HZ = [697, 770, 852, 941] as const;
const HIGH_HZ = [1209, 1336, 1477, 1633] as const;
/** It is looked for at this rate: at 16 kHz, two samples are worked on as one. */
const WORK_HZ = 8000;
const WORK_SAMPLES = (WORK_HZ * FRAME_MS) / 1000;
/** And over two frames. */
const LOOK_SAMPLES = 2 * WORK_SAMPLES;
/** What is softer than this, in dB of full scale, is not looked at; Q.24 asks for tones down to −25 dBm each. */
const LEAST_DB = -45;
const LEAST_ENERGY = WORK_SAMPLES * 10 ** (LEAST_DB / 10);
/** Of two frames' energy, so much lies in the two tones; the rest is noise of the line. */
const LEAST_SHARE = 0.6;
/** One tone is at most so many times as strong as the other: Q.24 asks for 8 dB, lines add to it. */
const MOST_TWIST = 10 ** (10 / 10);
/** Frames that are remembered: 0.32 s. Voices are judged within a window and two frames. */
const HISTORY_FRAMES = 32;

/**
 * Knows the keys of a telephone pad in the sound itself, which a detector of voices may take for one: Goertzel's
 * algorithm (Amer. Math. Monthly 65, 1958) over two frames, for as long as they are remembered and when it is asked alone.
 * It does not tell which key; that is the line's business. The sound passes untouched.
 */
export class ToneGuard implements Stage<Frame> {
  readonly name = 'tone guard';
  readonly #halves: boolean;
  readonly #history = new Float32Array(HISTORY_FRAMES * WORK_SAMPLES);
  readonly #look = new Float64Array(LOOK_SAMPLES);
  readonly #low = new Float64Array(LOW_HZ.length);
  readonly #high = new Float64Array(HIGH_HZ.length);
  #frames = 0;

  constructor(rateHz: PipelineRateHz) {
    this.#halves = rateHz === 2 * WORK_HZ;
  }

  process({ samples }: Frame): void {
    const at = (this.#frames % HISTORY_FRAMES) * WORK_SAMPLES;
    if (this.#halves) {
      for (let i = 0; i < WORK_SAMPLES; i += 1)
        this.#history[at + i] = (samples[2 * i]! + samples[2 * i + 1]!) / 2;
    } else {
      this.#history.set(samples, at);
    }
    this.#frames += 1;
  }

  /**
   * Whether the frame that begins at media time `atMs` is of a key's tone, with the frame before it or the one behind it;
   * false where that is forgotten or not yet heard.
   */
  wasToneAt(atMs: number): boolean {
    const frame = Math.floor(atMs / FRAME_MS);
    return this.#isToneFrom(frame - 1) || this.#isToneFrom(frame);
  }

  /** Media time moves on without audio. */
  skip(frames: number): void {
    for (let i = 0; i < Math.min(frames, HISTORY_FRAMES); i += 1) {
      const at = ((this.#frames + frames - 1 - i) % HISTORY_FRAMES) * WORK_SAMPLES;
      this.#history.fill(0, at, at + WORK_SAMPLES);
    }
    this.#frames += frames;
  }

  reset(): void {
    this.#history.fill(0);
  }

  close(): void {}

  /** Of this frame and the next one together. */
  #isToneFrom(frame: number): boolean {
    if (frame < -1 || frame + 1 >= this.#frames || frame <= this.#frames - HISTORY_FRAMES) return false;
    const look = this.#look;
    let energy = 0;
    for (let i = 0; i < LOOK_SAMPLES; i += 1) {
      const at = (frame + HISTORY_FRAMES) * WORK_SAMPLES + i;
      const sample = this.#history[at % this.#history.length]!;
      look[i] = sample;
      energy += sample * sample;
    }
    return energy >= LEAST_ENERGY && this.#isPair(energy);
  }

  #isPair(energy: number): boolean {
    for (let i = 0; i < LOW_HZ.length; i += 1) hearPair(this.#look, i, this.#low, this.#high);
    const low = strongest(this.#low);
    const high = strongest(this.#high);
    return low <= MOST_TWIST * high && high <= MOST_TWIST * low && low + high >= LEAST_SHARE * energy;
  }
}

function strongest(energies: Float64Array): number {
  let most = 0;
  for (let i = 0; i < energies.length; i += 1) most = Math.max(most, energies[i]!);
  return most;
}

const LOW_TURNS = LOW_HZ.map(hz => 2 * Math.cos((2 * Math.PI * hz) / WORK_HZ));
const HIGH_TURNS = HIGH_HZ.map(hz => 2 * Math.cos((2 * Math.PI * hz) / WORK_HZ));

/** Energy of one tone of each group, by Goertzel's recurrence for both at once: each waits for itself alone. */
function hearPair(samples: Float64Array, pair: number, low: Float64Array, high: Float64Array): void {
  const lowTurn = LOW_TURNS[pair]!;
  const highTurn = HIGH_TURNS[pair]!;
  let low1 = 0;
  let low2 = 0;
  let high1 = 0;
  let high2 = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i]!;
    const low0 = sample + lowTurn * low1 - low2;
    const high0 = sample + highTurn * high1 - high2;
    low2 = low1;
    low1 = low0;
    high2 = high1;
    high1 = high0;
  }
  low[pair] = energyOf(low1, low2, lowTurn);
  high[pair] = energyOf(high1, high2, highTurn);
}

function energyOf(last: number, secondLast: number, turn: number): number {
  return (2 * (last * last + secondLast * secondLast - turn * last * secondLast)) / LOOK_SAMPLES;
}
