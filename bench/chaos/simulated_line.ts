import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import type { CallAudio } from '../../src/agent/ports.ts';

export const RATE_HZ = 8000;
export const FRAME_MS = 10;
const FRAME_SAMPLES = (RATE_HZ * FRAME_MS) / 1000;
/** As in calls. */
const LOOK_AHEAD_SAMPLES = 1.5 * RATE_HZ;

/** A call's mouth at real time: frames are played when they are due, and kept as they were heard. */
export class SimulatedLine implements CallAudio {
  readonly rateHz = RATE_HZ;
  generation = 0;
  policy: TurnPolicy | undefined;
  hungUp: { readonly drain: boolean } | undefined;
  onStarted: (atMs: number) => void = () => undefined;
  /** All that was played, silence too: a frame for each 10 ms of the call. Empty where nobody will listen to it. */
  readonly frames: Int16Array[] = [];
  readonly #keepsFrames: boolean;
  #ticks = 0;
  #queue: Int16Array = new Int16Array(0);
  #played = 0;
  #isIdle = true;
  #waiting: { generation: number; pcm: Int16Array; resolve(position: number | undefined): void }[] = [];

  constructor({ keepsFrames = true }: { readonly keepsFrames?: boolean } = {}) {
    this.#keepsFrames = keepsFrames;
  }

  speak(generation: number, pcm: Int16Array): Promise<number | undefined> {
    return new Promise(resolve => {
      this.#waiting.push({ generation, pcm, resolve });
      this.#take();
    });
  }

  playedSamples(): number {
    return this.#played;
  }

  mediaMs(): number {
    return this.#ticks * FRAME_MS;
  }

  get isQuiet(): boolean {
    return this.#queue.length === 0 && this.#waiting.length === 0;
  }

  cut(): void {
    this.generation += 1;
    this.#queue = new Int16Array(0);
    this.#isIdle = true;
    this.#take();
  }

  goOn(): void {}

  setPolicy(policy: TurnPolicy): void {
    this.policy = policy;
  }

  hangUp(options: { readonly drain: boolean }): void {
    this.hungUp ??= options;
  }

  /** The next frame is due. */
  tick(): void {
    const played = this.#queue.subarray(0, FRAME_SAMPLES);
    this.#queue = this.#queue.subarray(played.length);
    this.#ticks += 1;
    if (this.#keepsFrames) {
      const frame = new Int16Array(FRAME_SAMPLES);
      frame.set(played);
      this.frames.push(frame);
    }
    this.#played += played.length;
    if (played.length > 0 && this.#isIdle) this.onStarted(this.mediaMs());
    this.#isIdle = played.length === 0;
    this.#take();
  }

  #take(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const isStale = next.generation !== this.generation;
      if (!isStale && this.#queue.length >= LOOK_AHEAD_SAMPLES) return;
      this.#waiting.shift();
      const position = this.#played + this.#queue.length;
      if (!isStale) {
        const queue = new Int16Array(this.#queue.length + next.pcm.length);
        queue.set(this.#queue);
        queue.set(next.pcm, this.#queue.length);
        this.#queue = queue;
      }
      next.resolve(isStale ? undefined : position);
    }
  }
}
