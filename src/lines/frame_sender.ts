import { AudioFrame, type AudioSource } from '@livekit/rtc-node';
import { FRAME_MS, type Frame } from '../../pipeline/frame.ts';
import { ROOM_RATE_HZ, type RoomRate } from '../../pipeline/kernels/room_rate.ts';
import { LIMITS } from '../config/limits.ts';

const FULL_SCALE = 32768;

/** What takes the frames: rtc-node's AudioSource, or a test's. */
export type FrameOutlet = Pick<AudioSource, 'captureFrame'>;

/**
 * Hands frames, at the room's rate, to the native library one after the other: it takes each on a thread of its own and may swap two that
 * are handed over at once, as after a late tick. The native source has no queue of its own (queue size 0: it sends
 * what it is given, and aborts the process if that is not exactly 10 ms), so what waits here is all there is to flush.
 */
export class FrameSender {
  readonly #outlet: FrameOutlet;
  readonly #toRoom: RoomRate;
  /** One buffer each: the library reads from the start of a frame's whole buffer. */
  readonly #queue: AudioFrame[];
  #first = 0;
  #count = 0;
  #busy = false;
  #dropped = 0;
  #failures = 0;

  /** `toRoom` is used by nobody else. */
  constructor(outlet: FrameOutlet, toRoom: RoomRate) {
    this.#outlet = outlet;
    this.#toRoom = toRoom;
    this.#queue = Array.from({ length: LIMITS.senderFrames }, () =>
      AudioFrame.create(ROOM_RATE_HZ, 1, toRoom.output.length),
    );
  }

  /** Frames thrown away because the library did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Frames that the library refused. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes exactly 10 ms at the pipeline's rate; anything else is dropped. */
  send({ samples }: Frame): void {
    const { input, output } = this.#toRoom;
    if (samples.length !== input.length) {
      this.#dropped += 1;
      return;
    }
    // The frame in flight is the first of the queue and must stay as it is.
    if (this.#count === this.#queue.length) {
      this.#dropped += 1;
      return;
    }
    for (let i = 0; i < input.length; i += 1) input[i] = bounded(samples[i]!);
    this.#toRoom.convert();
    const { data } = this.#queue[(this.#first + this.#count) % this.#queue.length]!;
    for (let i = 0; i < output.length; i += 1) data[i] = toInt16(output[i]!);
    this.#count += 1;
    if (!this.#busy) this.#next();
  }

  /** Throws away what waits and says how many milliseconds that was; the frame in flight is as good as sent. */
  flush(): number {
    const kept = this.#busy ? 1 : 0;
    const flushed = this.#count - kept;
    this.#count = kept;
    return flushed * FRAME_MS;
  }

  #next(): void {
    this.#busy = true;
    this.#outlet.captureFrame(this.#queue[this.#first]!).then(this.#done, this.#failed);
  }

  #done = (): void => {
    this.#first = (this.#first + 1) % this.#queue.length;
    this.#count -= 1;
    this.#busy = false;
    if (this.#count > 0) this.#next();
  };

  #failed = (): void => {
    this.#failures += 1;
    this.#done();
  };
}

/** What is not a number becomes silence, before it spreads. */
function bounded(sample: number): number {
  if (sample >= -1 && sample <= 1) return sample;
  return sample > 1 ? 1 : sample < -1 ? -1 : 0;
}

/** Clamped and rounded; what is not a number becomes silence. */
export function toInt16(sample: number): number {
  const scaled = Math.round(sample * FULL_SCALE);
  if (!(scaled > -FULL_SCALE)) return scaled < 0 ? -FULL_SCALE : 0;
  return scaled < FULL_SCALE ? scaled : FULL_SCALE - 1;
}
