import { FRAME_MS, type Frame } from '../../pipeline/frame.ts';
import type { StereoSink } from '../../pipeline/ports.ts';
import { writeStereoFrame } from './ring.ts';
import { CONTROL, type SlotView } from './slot_buffers.ts';
import { AlignedWriter } from './slot_ports.ts';

/** Both legs reach the recorder so many frames late; by so many a line may hold the caller back. */
const HEADROOM_FRAMES = 25;

/**
 * Both legs into the recording ring, while the recorder wants them, each frame at the place on the media clock at
 * which it was sent or arrived, however long the line held it back meanwhile: frames that were made up to wait for
 * late ones are left out again, and merged ones get their time back.
 */
export class RecordingSink implements StereoSink {
  readonly #slot: SlotView;
  readonly #line: Pick<Frame, 'heldBackMs'>;
  readonly #writer: AlignedWriter;
  readonly #caller: FrameQueue;
  readonly #agent: FrameQueue;
  readonly #silence: Float32Array;
  /** Frames of silence, from before the recording, that are still to be left out. */
  #leadFrames = HEADROOM_FRAMES;
  #isPaused = false;

  /** `line` is the caller's frame, as its line filled it. */
  constructor(slot: SlotView, frameSamples: number, line: Pick<Frame, 'heldBackMs'>) {
    this.#slot = slot;
    this.#line = line;
    this.#writer = new AlignedWriter(slot, slot.recording, CONTROL.recordingOverflows, 2 * frameSamples);
    this.#caller = new FrameQueue(frameSamples);
    this.#agent = new FrameQueue(frameSamples);
    this.#silence = new Float32Array(frameSamples);
    this.#restart();
  }

  /** The recorder takes what is written. */
  get isWanted(): boolean {
    return Atomics.load(this.#slot.control, CONTROL.recording) === 1;
  }

  write(caller: Float32Array, agent: Float32Array): void {
    if (!this.isWanted) {
      this.#restart();
      return;
    }
    this.#push(caller, agent);
    this.#caller.settle(HEADROOM_FRAMES + 1 - Math.round(this.#line.heldBackMs / FRAME_MS));
    this.#advance();
  }

  /** Where silence is wanted, what is on its way becomes silence, too. */
  #push(caller: Float32Array, agent: Float32Array): void {
    const isPaused = Atomics.load(this.#slot.control, CONTROL.recordingPaused) === 1;
    if (isPaused && !this.#isPaused) {
      this.#caller.hush();
      this.#agent.hush();
    }
    this.#isPaused = isPaused;
    this.#caller.push(isPaused ? this.#silence : caller);
    this.#agent.push(isPaused ? this.#silence : agent);
  }

  /** Media time moves on by so many frames without audio. */
  skip(frames: number): void {
    if (!this.isWanted) return;
    // What is held back comes before the gap.
    const held = Math.min(frames, HEADROOM_FRAMES);
    for (let i = 0; i < held; i += 1) {
      this.#caller.push(this.#silence);
      this.#agent.push(this.#silence);
      this.#advance();
    }
    this.#writer.skip(frames - held);
  }

  /** The call is over: what is held back goes to the ring. */
  end(): void {
    this.skip(HEADROOM_FRAMES);
  }

  /** The oldest frame of each leg goes to the ring. */
  #advance(): void {
    const caller = this.#caller.shift();
    const agent = this.#agent.shift();
    if (this.#leadFrames > 0) this.#leadFrames -= 1;
    else if (this.#writer.makeRoom()) writeStereoFrame(this.#slot.recording, caller, agent);
  }

  /** The next recording begins with the next frame: nothing from before it may get in. */
  #restart(): void {
    if (this.#leadFrames === HEADROOM_FRAMES) return;
    this.#writer.restart();
    this.#caller.silence();
    this.#agent.silence();
    this.#leadFrames = HEADROOM_FRAMES;
  }
}

/** Frames of one leg on their way, at least one. Allocates nothing after construction. */
class FrameQueue {
  readonly #frames: Float32Array[];
  #oldest = 0;
  #count = HEADROOM_FRAMES;

  constructor(frameSamples: number) {
    this.#frames = Array.from({ length: HEADROOM_FRAMES + 1 }, () => new Float32Array(frameSamples));
  }

  push(samples: Float32Array): void {
    this.#at(this.#count).set(samples);
    this.#count += 1;
  }

  /** Brings the queue to a length by leaving its newest frames out or holding on to the newest. */
  settle(length: number): void {
    const wanted = Math.max(1, Math.min(length, this.#frames.length));
    while (this.#count < wanted) this.push(this.#at(this.#count - 1));
    this.#count = wanted;
  }

  /** The oldest frame, which is good until the next push. */
  shift(): Float32Array {
    const frame = this.#at(0);
    this.#oldest = (this.#oldest + 1) % this.#frames.length;
    this.#count -= 1;
    return frame;
  }

  hush(): void {
    for (const frame of this.#frames) frame.fill(0);
  }

  silence(): void {
    this.hush();
    this.#count = HEADROOM_FRAMES;
  }

  #at(index: number): Float32Array {
    return this.#frames[(this.#oldest + index) % this.#frames.length]!;
  }
}
