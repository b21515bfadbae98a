import { FRAME_MS, type Frame } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** Frames whose level is remembered: 1.28 s. */
const HISTORY_FRAMES = 128;
/** The noise floor is the least level of the last one to two buckets of 0.8 s. */
const FLOOR_BUCKET_FRAMES = 80;
const SILENCE_DB = -90;

/** Measures the level of each frame (RMS in dB of full scale) and the noise floor beneath it. */
export class LevelProbe implements Stage<Frame> {
  readonly name: string;
  readonly #historyDb = new Float32Array(HISTORY_FRAMES).fill(SILENCE_DB);
  readonly #leadFrames: number;
  #frames = 0;
  #bucketFloorDb = 0;
  #lastBucketFloorDb = 0;

  /** @param leadMs by so much the stages before it delay: what they give at first was never heard */
  constructor(leadMs = 0, name = 'level probe') {
    this.name = name;
    this.#leadFrames = leadMs / FRAME_MS;
  }

  process(frame: Frame): void {
    const { samples } = frame;
    let energy = 0;
    for (let i = 0; i < samples.length; i += 1) energy += samples[i]! * samples[i]!;
    const levelDb = Math.max(SILENCE_DB, 10 * Math.log10(energy / samples.length + 1e-12));
    this.#historyDb[this.#frames % HISTORY_FRAMES] = levelDb;
    if (this.#frames <= this.#leadFrames) {
      this.#lastBucketFloorDb = levelDb;
      this.#bucketFloorDb = levelDb;
    } else if (this.#frames % FLOOR_BUCKET_FRAMES === 0) {
      this.#lastBucketFloorDb = this.#bucketFloorDb;
      this.#bucketFloorDb = levelDb;
    }
    this.#bucketFloorDb = Math.min(this.#bucketFloorDb, levelDb);
    this.#frames += 1;
  }

  /** Media time up to which levels are known, in milliseconds. */
  get untilMs(): number {
    return this.#frames * FRAME_MS;
  }

  /** Level of the newest frame. */
  get levelDb(): number {
    return this.#frames === 0 ? SILENCE_DB : this.#historyDb[(this.#frames - 1) % HISTORY_FRAMES]!;
  }

  get floorDb(): number {
    return this.#frames === 0 ? SILENCE_DB : Math.min(this.#bucketFloorDb, this.#lastBucketFloorDb);
  }

  /** Level of the frame that begins at media time `atMs`; the floor where it is forgotten or not yet heard. */
  levelAtDb(atMs: number): number {
    const frame = Math.floor(atMs / FRAME_MS);
    const known = frame >= 0 && frame < this.#frames && frame >= this.#frames - HISTORY_FRAMES;
    return known ? this.#historyDb[frame % HISTORY_FRAMES]! : this.floorDb;
  }

  /** Media time moves on without audio. */
  skip(frames: number): void {
    for (let i = 0; i < Math.min(frames, HISTORY_FRAMES); i += 1) {
      this.#historyDb[(this.#frames + frames - 1 - i) % HISTORY_FRAMES] = SILENCE_DB;
    }
    this.#frames += frames;
  }

  reset(): void {
    this.#historyDb.fill(SILENCE_DB);
    this.#bucketFloorDb = this.levelDb;
    this.#lastBucketFloorDb = this.levelDb;
  }

  close(): void {}
}
