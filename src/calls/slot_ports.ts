import type { SampleSink, SpeechSource } from '../../pipeline/ports.ts';
import { available, discardTo, readFloats, readPosition, room, writeFrame, writePosition } from './ring.ts';
import { CONTROL, type RingView, type SlotView } from './slot_buffers.ts';

type OverflowWord = typeof CONTROL.heardOverflows | typeof CONTROL.recordingOverflows;

/**
 * Writes frames to a ring whose positions stay aligned with media time: a frame that found the ring full is counted
 * and becomes silence as soon as there is room.
 */
export class AlignedWriter {
  readonly #ring: RingView;
  readonly #control: Int32Array;
  readonly #overflows: OverflowWord;
  readonly #silence: Float32Array;
  #missingFrames = 0;

  constructor(slot: SlotView, ring: RingView, overflows: OverflowWord, frameSamples: number) {
    this.#ring = ring;
    this.#control = slot.control;
    this.#overflows = overflows;
    this.#silence = new Float32Array(frameSamples);
  }

  /** True when everything before is written and another frame fits. */
  makeRoom(): boolean {
    while (this.#missingFrames > 0 && writeFrame(this.#ring, this.#silence)) this.#missingFrames -= 1;
    if (this.#missingFrames === 0 && room(this.#ring) >= this.#silence.length) return true;
    this.#missingFrames += 1;
    Atomics.add(this.#control, this.#overflows, 1);
    return false;
  }

  /** Media time moves on by so many frames without audio. */
  skip(frames: number): void {
    this.#missingFrames += frames;
  }

  /** Alignment starts anew with the next frame. */
  restart(): void {
    this.#missingFrames = 0;
  }
}

/** What the recogniser hears, into its ring. */
export class HeardSink implements SampleSink {
  readonly #ring: RingView;
  readonly #writer: AlignedWriter;

  constructor(slot: SlotView, frameSamples: number) {
    this.#ring = slot.heard;
    this.#writer = new AlignedWriter(slot, this.#ring, CONTROL.heardOverflows, frameSamples);
  }

  write(samples: Float32Array): void {
    if (this.#writer.makeRoom()) writeFrame(this.#ring, samples);
  }

  skip(frames: number): void {
    this.#writer.skip(frames);
  }
}

/** The speech ring as the playout reads it; whatever belongs to a generation that was cut never comes out. */
export class SlotSpeech implements SpeechSource {
  readonly #slot: SlotView;
  /** The generation whose stale speech has been thrown away. */
  #clean = 0;

  constructor(slot: SlotView) {
    this.#slot = slot;
  }

  get waiting(): number {
    return this.#isVoid ? 0 : available(this.#slot.speech);
  }

  get position(): number {
    return readPosition(this.#slot.speech);
  }

  get #isVoid(): boolean {
    return this.#clean !== Atomics.load(this.#slot.control, CONTROL.generation);
  }

  read(into: Float32Array, at: number, count: number): number {
    return this.#isVoid ? 0 : readFloats(this.#slot.speech, into, at, count);
  }

  invalidate(): void {
    Atomics.add(this.#slot.control, CONTROL.generation, 1);
  }

  discardVoid(): void {
    if (!this.#isVoid) return;
    const { control, speech } = this.#slot;
    const generation = Atomics.load(control, CONTROL.generation);
    // Read before `acknowledged`: everything up to here was written before the acknowledgement.
    const written = writePosition(speech);
    if (Atomics.load(control, CONTROL.acknowledged) === generation) {
      discardTo(speech, Atomics.load(control, CONTROL.speechFrom));
      this.#clean = generation;
    } else {
      discardTo(speech, written);
    }
  }
}
