import type { Codec } from '../wire/codec.ts';
import { type Sound, SoundDetector, type SoundEvents } from '../wire/onset.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';
import { Track } from '../wire/track.ts';

/** Quiet that ends a sound: shorter pauses are part of what is said. */
const HANG_MS = 200;
const MOST_SOUNDS = 512;

/** Hears one call's far end: when it makes sound, by level. Times are milliseconds since answer. */
export class Ears {
  readonly sounds: Sound[] = [];
  /** Everything heard, where it is asked for: half a megabyte a minute and more. */
  readonly track: Track | undefined;
  readonly #decode: (payload: Uint8Array) => Int16Array;
  readonly #detector: SoundDetector;
  #soundCount = 0;

  constructor({ createDecoder, rateHz }: Codec, keepsTrack: boolean, events: SoundEvents) {
    this.#decode = createDecoder();
    this.track = keepsTrack ? new Track(rateHz) : undefined;
    this.#detector = new SoundDetector(
      { rateHz, hangMs: HANG_MS },
      {
        started: startMs => {
          this.#soundCount += 1;
          events.started(startMs);
        },
        ended: (startMs, endMs) => {
          if (this.sounds.length < MOST_SOUNDS) this.sounds.push({ startMs, endMs });
          events.ended(startMs, endMs);
        },
      },
    );
  }

  /** Sounds begun so far. */
  get soundCount(): number {
    return this.#soundCount;
  }

  get isHearing(): boolean {
    return this.#detector.sounding;
  }

  hear(payload: Uint8Array, atMs: number): void {
    const pcm = this.#decode(payload);
    this.#detector.write(pcm, atMs);
    this.track?.write(pcm, atMs);
  }

  /** Lets time pass, so that a sound ends although nothing more arrives. */
  advance(nowMs: number): void {
    this.#detector.advance(nowMs - PACKET_MS);
  }
}
