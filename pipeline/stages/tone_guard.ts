import { FRAME_MS, type Frame, type PipelineRateHz } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** A key of the telephone pad is one tone of each group (ITU-T Q.23). */
const LOW_HZ = [697, 770, 852, 941] as const;
const HIGH_HZ = [1209, 1336, 1477, 1633] as const;
/** It is looked for at this rate: at 16 kHz, two samples are worked on as one. */
const WORK_HZ = 8000;
const WORK_SAMPLES = (WORK_HZ * FRAME_MS) / 1000;
/** What is softer than this, in dB of full scale, is not looked at; Q.24 asks for tones down to −25 dBm each. */
const LEAST_DB = -45;
const LEAST_ENERGY = WORK_SAMPLES * 10 ** (LEAST_DB / 10);
/** Of two frames' energy, so much lies in the two tones; the rest is noise of the line. */
const LEAST_SHARE = 0.6;
/** One tone is at most so many times as strong as the other: Q.24 asks for 8 dB, lines add to it. */
const MOST_TWIST = 10 ** (10 / 10);
/** Frames whose verdict is remembered: 1.28 s, as of their levels. */
const HISTORY_FRAMES = 128;

/** One tone that is listened for, and what was heard of it. */
class Bin {
  readonly coefficient: number;
  readonly #cos: number;
  readonly #sin: number;
  readonly #turnCos: number;
  readonly #turnSin: number;
  /** Of the last frame, turned to its end. */
  #real = 0;
  #imaginary = 0;
  /** Energy of this tone in the last two frames. */
  energy = 0;

  constructor(hz: number) {
    const angle = (2 * Math.PI * hz) / WORK_HZ;
    this.#cos = Math.cos(angle);
    this.#sin = Math.sin(angle);
    this.coefficient = 2 * this.#cos;
    this.#turnCos = Math.cos(angle * WORK_SAMPLES);
    this.#turnSin = Math.sin(angle * WORK_SAMPLES);
  }

  /** Takes the last two values of Goertzel's recurrence over a frame. */
  take(last: number, secondLast: number): void {
    const real = last - this.#cos * secondLast;
    const imaginary = this.#sin * secondLast;
    const both = this.#real * this.#turnCos - this.#imaginary * this.#turnSin + real;
    const bothImaginary = this.#real * this.#turnSin + this.#imaginary * this.#turnCos + imaginary;
    this.energy = (both * both + bothImaginary * bothImaginary) / WORK_SAMPLES;
    this.#real = real;
    this.#imaginary = imaginary;
  }

  forget(): void {
    this.#real = 0;
    this.#imaginary = 0;
    this.energy = 0;
  }
}

/**
 * Hears the keys of a telephone pad in the sound itself, which a detector of voices may take for one: Goertzel's
 * algorithm (Amer. Math. Monthly 65, 1958) over two frames at a time. It does not tell which key; that is the line's
 * business. The sound passes untouched.
 */
export class ToneGuard implements Stage<Frame> {
  readonly name = 'tone guard';
  readonly #low = LOW_HZ.map(hz => new Bin(hz));
  readonly #high = HIGH_HZ.map(hz => new Bin(hz));
  readonly #halves: boolean;
  readonly #work = new Float64Array(WORK_SAMPLES);
  readonly #tones = new Uint8Array(HISTORY_FRAMES);
  #lastEnergy = 0;
  #frames = 0;

  constructor(rateHz: PipelineRateHz) {
    this.#halves = rateHz === 2 * WORK_HZ;
  }

  process(frame: Frame): void {
    const energy = this.#take(frame.samples);
    const isTone = energy + this.#lastEnergy >= LEAST_ENERGY ? this.#isTone(energy) : this.#forget();
    this.#lastEnergy = energy;
    this.#tones[this.#frames % HISTORY_FRAMES] = isTone ? 1 : 0;
    // A tone that is heard over two frames was there in the first of them.
    if (isTone && this.#frames > 0) this.#tones[(this.#frames - 1) % HISTORY_FRAMES] = 1;
    this.#frames += 1;
  }

  /** Whether the frame that begins at media time `atMs` is a key's tone; false where that is forgotten or not yet heard. */
  wasToneAt(atMs: number): boolean {
    const frame = Math.floor(atMs / FRAME_MS);
    const known = frame >= 0 && frame < this.#frames && frame >= this.#frames - HISTORY_FRAMES;
    return known && this.#tones[frame % HISTORY_FRAMES] === 1;
  }

  /** Media time moves on without audio. */
  skip(frames: number): void {
    for (let i = 0; i < Math.min(frames, HISTORY_FRAMES); i += 1) {
      this.#tones[(this.#frames + frames - 1 - i) % HISTORY_FRAMES] = 0;
    }
    this.#frames += frames;
    this.#lastEnergy = 0;
    this.#forget();
  }

  reset(): void {
    this.#tones.fill(0);
    this.#lastEnergy = 0;
    this.#forget();
  }

  close(): void {}

  /** Takes the samples in at 8 kHz; returns their energy. */
  #take(samples: Float32Array): number {
    const work = this.#work;
    let energy = 0;
    for (let i = 0; i < WORK_SAMPLES; i += 1) {
      const sample = this.#halves ? (samples[2 * i]! + samples[2 * i + 1]!) / 2 : samples[i]!;
      work[i] = sample;
      energy += sample * sample;
    }
    return energy;
  }

  #isTone(energy: number): boolean {
    for (let pair = 0; pair < this.#low.length; pair += 1)
      hearPair(this.#work, this.#low[pair]!, this.#high[pair]!);
    const low = strongest(this.#low);
    const high = strongest(this.#high);
    const isPair = low <= MOST_TWIST * high && high <= MOST_TWIST * low;
    return isPair && low + high >= LEAST_SHARE * (energy + this.#lastEnergy);
  }

  #forget(): false {
    for (let i = 0; i < this.#low.length; i += 1) {
      this.#low[i]!.forget();
      this.#high[i]!.forget();
    }
    return false;
  }
}

/** Goertzel's recurrence for two tones at once: each waits for itself alone. */
function hearPair(samples: Float64Array, low: Bin, high: Bin): void {
  let low1 = 0;
  let low2 = 0;
  let high1 = 0;
  let high2 = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i]!;
    const low0 = sample + low.coefficient * low1 - low2;
    const high0 = sample + high.coefficient * high1 - high2;
    low2 = low1;
    low1 = low0;
    high2 = high1;
    high1 = high0;
  }
  low.take(low1, low2);
  high.take(high1, high2);
}

function strongest(bins: readonly Bin[]): number {
  let most = 0;
  for (let i = 0; i < bins.length; i += 1) most = Math.max(most, bins[i]!.energy);
  return most;
}
