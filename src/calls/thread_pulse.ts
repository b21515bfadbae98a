/** Threads of a media process beside its audio thread. */
export const THREADS = ['talk'] as const;
export type ThreadName = (typeof THREADS)[number];

/** Signs of life of the threads, counted in shared memory: neither side ever waits for the other. */
export class ThreadPulse {
  readonly #beats: Int32Array;

  /** `memory` comes from `ThreadPulse.allocate`. */
  constructor(memory: SharedArrayBuffer) {
    this.#beats = new Int32Array(memory);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(THREADS.length * Int32Array.BYTES_PER_ELEMENT);
  }

  /** The thread itself: it goes on. At least once a second. */
  beat(thread: ThreadName): void {
    Atomics.add(this.#beats, THREADS.indexOf(thread), 1);
  }

  /** So often modulo 2³². */
  beats(thread: ThreadName): number {
    return Atomics.load(this.#beats, THREADS.indexOf(thread));
  }
}
