import { type Sound, SoundDetector } from '../wire/onset.ts';
import { SOUND_HANG_MS } from './ears.ts';

export interface MouthOptions {
  readonly rateHz: number;
  /** Steady background noise in dB relative to full scale; undefined: none. */
  readonly noiseDbfs: number | undefined;
}

/** Where an utterance lay on the wire; undefined when it made no sound. */
export type Spoken = { readonly startMs: number; readonly endMs: number } | undefined;

interface Utterance {
  readonly pcm: Int16Array;
  readonly done: (spoken: Spoken) => void;
  position: number;
  startMs: number | undefined;
  endMs: number | undefined;
}

/** A sample counts as sound of the utterance from this level on: −46 dBFS. */
const AUDIBLE = 32768 * 10 ** (-46 / 20);

/** What the caller sends: utterances one after the other over background noise. */
export class Mouth {
  /** Everything loud enough to be heard, noise included, in order. */
  readonly sounds: Sound[] = [];
  readonly #rateHz: number;
  readonly #noisePeak: number;
  readonly #detector: SoundDetector;
  readonly #queue: Utterance[] = [];
  #frameStart: { readonly utterance: Utterance; readonly from: number; readonly at: number }[] = [];
  #noise = 1;
  #quietSinceMs = 0;
  #closed = false;

  constructor({ rateHz, noiseDbfs }: MouthOptions) {
    this.#rateHz = rateHz;
    this.#noisePeak = noiseDbfs === undefined ? 0 : 32768 * 10 ** (noiseDbfs / 20) * Math.sqrt(3);
    this.#detector = new SoundDetector(
      { rateHz, hangMs: SOUND_HANG_MS },
      {
        started: startMs => this.sounds.push({ startMs, endMs: undefined }),
        ended: (startMs, endMs) => this.sounds.splice(-1, 1, { startMs, endMs }),
      },
    );
  }

  get speaking(): boolean {
    return this.#queue.length > 0;
  }

  /** End of the last utterance; the present when one goes on. */
  quietSinceMs(nowMs: number): number {
    return this.speaking ? nowMs : this.#quietSinceMs;
  }

  /** Speaks behind what is being said; resolves when its last sample was sent. */
  say(pcm: Int16Array): Promise<Spoken> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise(resolve => {
      this.#queue.push({ pcm, done: resolve, position: 0, startMs: undefined, endMs: undefined });
    });
  }

  /** Breaks off everything. */
  stop(): void {
    for (const utterance of this.#queue.splice(0)) this.#finish(utterance);
  }

  /** Nothing more is sent: what is said from now on is over at once. */
  close(): void {
    this.#closed = true;
    this.stop();
  }

  /** The next frame for the wire; `sent` must follow with its time. */
  readonly source = (frame: Int16Array): void => {
    this.#frameStart = [];
    let at = 0;
    while (at < frame.length && this.#queue.length > 0) {
      const utterance = this.#queue[0]!;
      const from = utterance.position;
      const part = utterance.pcm.subarray(from, from + frame.length - at);
      frame.set(part, at);
      this.#frameStart.push({ utterance, from, at });
      utterance.position += part.length;
      at += part.length;
      if (utterance.position >= utterance.pcm.length) this.#queue.shift();
    }
    if (this.#noisePeak > 0) this.#addNoise(frame);
  };

  readonly sent = (frame: Int16Array, atMs: number): void => {
    this.#detector.write(frame, atMs);
    for (const { utterance, from, at } of this.#frameStart) {
      const baseMs = atMs + (at * 1000) / this.#rateHz;
      for (let i = from; i < utterance.position; i += 1) {
        if (Math.abs(utterance.pcm[i]!) < AUDIBLE) continue;
        const ms = baseMs + ((i - from) * 1000) / this.#rateHz;
        utterance.startMs ??= ms;
        utterance.endMs = ms;
      }
      if (utterance.position >= utterance.pcm.length) this.#finish(utterance);
    }
  };

  #finish({ startMs, endMs, done }: Utterance): void {
    if (endMs !== undefined) this.#quietSinceMs = endMs;
    done(startMs === undefined || endMs === undefined ? undefined : { startMs, endMs });
  }

  #addNoise(frame: Int16Array): void {
    for (let i = 0; i < frame.length; i += 1) {
      this.#noise = (this.#noise * 48271) % 2147483647;
      const noisy = frame[i]! + (this.#noise / 1073741823.5 - 1) * this.#noisePeak;
      frame[i] = Math.max(-32768, Math.min(32767, noisy));
    }
  }
}
