import { FRAME_MS } from '../../pipeline/frame.ts';

/** What lives on the clock: a call. Neither method may throw, wait or allocate without need. */
export interface Ticking {
  /** Ten milliseconds have passed. */
  tick(): void;
  /** So many frames could not be caught up with: media time moves on without audio. */
  skip(frames: number): void;
}

/** The time a clock runs on; tests give their own. */
export interface TimeBase {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Of these, so many the thread did not wait for anything. */
  busyMs(): number;
  /** Calls back once after about `delayMs`; returns what undoes it. */
  after(delayMs: number, callback: () => void): () => void;
}

const MONOTONIC: TimeBase = {
  nowMs: () => performance.now(),
  busyMs: () => performance.eventLoopUtilization().active,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Ticks made at once after a stall (10 ms each); what is later than that is skipped. */
const MAX_CATCH_UP_TICKS = 20;
/** Ticks over which lateness is judged: ten seconds. */
const LATENESS_WINDOW = 1000;
const TICKS_BETWEEN_JUDGEMENTS = 100;
/** Ticks over which their usual lateness is felt: some seconds. */
const MEMORY_TICKS = 400;

/**
 * The one 10 ms clock of a media process. It never loses time: a late tick is made up for at once, and after a long
 * stall the calls are told how many frames were skipped, so that media time keeps to the monotonic clock.
 */
export class MediaClock {
  readonly #time: TimeBase;
  readonly #calls = new Set<Ticking>();
  readonly #latenessMs = new Float64Array(LATENESS_WINDOW);
  #latenessP99Ms = 0;
  #usualLatenessMs = 0;
  #judgeAtTick = 0;
  #ticks = 0;
  #nextMs = 0;
  #cancel: (() => void) | undefined;

  constructor(time: TimeBase = MONOTONIC) {
    this.#time = time;
  }

  start(): void {
    if (this.#cancel !== undefined) return;
    this.#nextMs = this.#time.nowMs() + FRAME_MS;
    this.#sleep();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  add(call: Ticking): void {
    this.#calls.add(call);
  }

  remove(call: Ticking): void {
    this.#calls.delete(call);
  }

  get ticks(): number {
    return this.#ticks;
  }

  /** 99th percentile of the lateness of the last 1,000 ticks, in milliseconds; looked for once a second at most. */
  latenessP99Ms(): number {
    if (this.#ticks >= this.#judgeAtTick) {
      const measured = this.#latenessMs.slice(0, Math.min(this.#ticks, LATENESS_WINDOW)).toSorted();
      this.#latenessP99Ms = measured[Math.floor(measured.length * 0.99)] ?? 0;
      this.#judgeAtTick = this.#ticks + TICKS_BETWEEN_JUDGEMENTS;
    }
    return this.#latenessP99Ms;
  }

  /** Mean lateness of the ticks of the last seconds, milliseconds. */
  get usualLatenessMs(): number {
    return this.#usualLatenessMs;
  }

  nowMs(): number {
    return this.#time.nowMs();
  }

  /** How long the thread has been busy so far, milliseconds. */
  busyMs(): number {
    return this.#time.busyMs();
  }

  /** Makes every tick that is due by now. */
  #catchUp = (): void => {
    const nowMs = this.#time.nowMs();
    const due = Math.floor((nowMs - this.#nextMs) / FRAME_MS) + 1;
    if (due > MAX_CATCH_UP_TICKS) this.#skip(due - MAX_CATCH_UP_TICKS);
    while (this.#nextMs <= nowMs) this.#tick();
    if (this.#cancel !== undefined) this.#sleep();
  };

  #tick(): void {
    const latenessMs = this.#time.nowMs() - this.#nextMs;
    this.#latenessMs[this.#ticks % LATENESS_WINDOW] = latenessMs;
    this.#usualLatenessMs += (latenessMs - this.#usualLatenessMs) / MEMORY_TICKS;
    this.#ticks += 1;
    this.#nextMs += FRAME_MS;
    for (const call of this.#calls) call.tick();
  }

  #skip(frames: number): void {
    this.#nextMs += frames * FRAME_MS;
    for (const call of this.#calls) call.skip(frames);
  }

  #sleep(): void {
    this.#cancel = this.#time.after(Math.max(0, this.#nextMs - this.#time.nowMs()), this.#catchUp);
  }
}
