import { FRAME_MS, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { LIMITS } from '../config/limits.ts';

const FULL_SCALE = 32768;
/** Frames that are kept in hand against late delivery: at the start, at least, at most. */
const START_FRAMES = 2;
const LEAST_FRAMES = 1;
const MOST_FRAMES = 8;
/** The depth is judged over a second; what was never needed in it is surplus, of which one frame goes. */
const JUDGED_TAKES = 100;
/** So much surplus in a tenth of it is a backlog, as after a stall: it goes at once, at double speed. */
const BACKLOG_FRAMES = 3;
const BACKLOG_TAKES = 10;
/** Quiet seconds after which the wanted depth goes down again. */
const CALM_WINDOWS = 30;
/** A gap is filled with the last frame, fading, for so long; then with silence. */
const CONCEALED_FRAMES = 3;

/**
 * Evens out the arrival of 10 ms frames for a reader on a clock of its own. Frames that were late, or missing because
 * the sender's clock is slower, are concealed; frames too many, because it is faster or after a stall, are merged two
 * into one by a cross-fade. Frames beyond the limit push out the oldest. Allocates nothing after construction.
 */
export class JitterBuffer {
  readonly #frames: Int16Array[];
  readonly #length: number;
  readonly #last: Float32Array;
  #oldest = 0;
  #count = 0;
  #wanted = START_FRAMES;
  #flowing = false;
  /** Frames by which what is taken lags behind what would be there without jitter. */
  #lag = 0;
  #gap = 0;
  #takes = 0;
  #leastInSecond = Number.POSITIVE_INFINITY;
  #mostInSecond = 0;
  #leastInTenth = Number.POSITIVE_INFINITY;
  /** Pairs of frames still to be merged. */
  #merges = 0;
  #lateInWindow = false;
  #calmWindows = 0;
  #concealed = 0;
  #dropped = 0;

  constructor(rateHz: PipelineRateHz) {
    this.#length = frameLength(rateHz);
    this.#frames = Array.from({ length: LIMITS.jitterBufferFrames }, () => new Int16Array(this.#length));
    this.#last = new Float32Array(this.#length);
  }

  /** Frames waiting. */
  get depth(): number {
    return this.#count;
  }

  /** Frames made up because none was there. */
  get concealed(): number {
    return this.#concealed;
  }

  /** Frames that arrived and were never heard as they were. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes in one 16-bit frame; one of another length is dropped. */
  put(samples: Int16Array): void {
    if (samples.length !== this.#length) {
      this.#dropped += 1;
      return;
    }
    if (this.#count === this.#frames.length) {
      this.#dropOldest();
      // Before the first frame is taken nobody listens yet: the newest are kept.
      if (this.#flowing) {
        this.#dropped += 1;
        this.#lag -= 1;
      }
    }
    this.#frames[(this.#oldest + this.#count) % this.#frames.length]!.set(samples);
    this.#count += 1;
  }

  /** Fills the frame with the next 10 ms. */
  take(frame: Frame): void {
    this.#judge();
    if (!this.#flowing && this.#count >= this.#wanted) {
      this.#flowing = true;
      this.#lag = this.#count;
    }
    if (!this.#flowing || this.#count === 0) {
      this.#conceal(frame);
    } else {
      // After so long a silence of the line nothing is late any more.
      if (this.#gap > MOST_FRAMES) this.#lag = this.#count;
      this.#gap = 0;
      frame.concealed = false;
      if (this.#merges > 0 && this.#count > 1) this.#merge(frame.samples);
      else this.#copy(frame.samples);
      this.#last.set(frame.samples);
    }
    frame.heldBackMs = Math.max(0, this.#lag) * FRAME_MS;
  }

  #copy(into: Float32Array): void {
    const samples = this.#frames[this.#oldest]!;
    for (let i = 0; i < this.#length; i += 1) into[i] = samples[i]! / FULL_SCALE;
    this.#dropOldest();
  }

  #merge(into: Float32Array): void {
    const first = this.#frames[this.#oldest]!;
    const second = this.#frames[(this.#oldest + 1) % this.#frames.length]!;
    for (let i = 0; i < this.#length; i += 1) {
      const weight = (i + 0.5) / this.#length;
      into[i] = (first[i]! * (1 - weight) + second[i]! * weight) / FULL_SCALE;
    }
    this.#dropOldest();
    this.#dropOldest();
    this.#merges -= 1;
    this.#lag -= 1;
    this.#dropped += 1;
  }

  #dropOldest(): void {
    this.#oldest = (this.#oldest + 1) % this.#frames.length;
    this.#count -= 1;
  }

  #conceal(frame: Frame): void {
    if (this.#flowing) {
      this.#concealed += 1;
      this.#lag += 1;
      this.#lateInWindow = true;
    }
    frame.concealed = true;
    this.#gap += 1;
    if (this.#gap > CONCEALED_FRAMES) {
      frame.samples.fill(0);
      return;
    }
    for (let i = 0; i < this.#length; i += 1) {
      const faded = 1 - (this.#gap - 1 + i / this.#length) / CONCEALED_FRAMES;
      frame.samples[i] = this.#last[i]! * faded;
    }
  }

  /** Follows the depth: what is too much is merged away, and how much is wanted follows what lateness there was. */
  #judge(): void {
    this.#leastInSecond = Math.min(this.#leastInSecond, this.#count);
    this.#mostInSecond = Math.max(this.#mostInSecond, this.#count);
    this.#leastInTenth = Math.min(this.#leastInTenth, this.#count);
    this.#takes = (this.#takes + 1) % JUDGED_TAKES;
    if (this.#takes % BACKLOG_TAKES === 0) {
      const surplus = this.#leastInTenth - this.#wanted;
      this.#merges = surplus >= BACKLOG_FRAMES ? surplus : 0;
      this.#leastInTenth = Number.POSITIVE_INFINITY;
    }
    if (this.#takes === 0) this.#judgeSecond();
  }

  #judgeSecond(): void {
    this.#calmWindows = this.#lateInWindow ? 0 : this.#calmWindows + 1;
    if (this.#lateInWindow) this.#wanted = Math.min(MOST_FRAMES, this.#wanted + 1);
    else if (this.#calmWindows % CALM_WINDOWS === 0) this.#wanted = Math.max(LEAST_FRAMES, this.#wanted - 1);
    if (this.#leastInSecond > this.#wanted) this.#merges = Math.max(this.#merges, 1);
    // Frames that were lost rather than late do not make the others lag.
    this.#lag = Math.max(this.#leastInSecond, Math.min(this.#lag, this.#mostInSecond));
    this.#lateInWindow = false;
    this.#mostInSecond = 0;
    this.#leastInSecond = Number.POSITIVE_INFINITY;
  }
}
