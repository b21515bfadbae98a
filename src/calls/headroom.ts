import { SHEDDING_ORDER, type Sheddable } from '../config/shedding.ts';
import type { MediaClock, Ticking } from './media_clock.ts';

/** From so much on a thing is given up. */
interface Threshold {
  /** What ticks usually are late, milliseconds. */
  readonly latenessMs: number;
  /** Of its time the thread is busy. */
  readonly busyShare: number;
}

const GIVEN_UP_FROM: Readonly<Record<Sheddable, Threshold>> = {
  strongSuppression: { latenessMs: 5, busyShare: 0.75 },
  newCalls: { latenessMs: 15, busyShare: 0.85 },
};
/** Below this share of it, a thing may be taken up again. */
const CALM = 0.6;

const TICKS_BETWEEN_JUDGEMENTS = 100;
/** Judgements over which a busy share is felt, as lateness is: some seconds. */
const MEMORY_JUDGEMENTS = 4;
/** Calm judgements before a thing is taken up again. */
const LEAST_CALM = 5;
const MOST_CALM = 80;

/**
 * What an audio thread can afford, measured: how late its ticks are, and how much of its time it is busy. Once a second it
 * gives up one thing more, or takes one up again after some calm seconds; twice as many each time that this was too early.
 */
export class Headroom implements Ticking {
  readonly #clock: Pick<MediaClock, 'usualLatenessMs' | 'nowMs' | 'busyMs'>;
  readonly #onChange: (shed: readonly Sheddable[]) => void;
  #ticks = 0;
  #nowMs: number;
  #busyMs: number;
  #busyShare = 0;
  /** So many of the order, from its beginning, are given up. */
  #shed = 0;
  #calm = 0;
  #calmWanted = LEAST_CALM;
  #sinceTakenUp = MOST_CALM;

  /** Lives on the clock; `onChange` hears of what is given up from then on. */
  constructor(
    clock: Pick<MediaClock, 'usualLatenessMs' | 'nowMs' | 'busyMs'>,
    onChange: (shed: readonly Sheddable[]) => void,
  ) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#nowMs = clock.nowMs();
    this.#busyMs = clock.busyMs();
  }

  /** Of the thread's time over the last seconds, 0 to 1. */
  get busyShare(): number {
    return this.#busyShare;
  }

  get shed(): readonly Sheddable[] {
    return SHEDDING_ORDER.slice(0, this.#shed);
  }

  affords(what: Sheddable): boolean {
    return SHEDDING_ORDER.indexOf(what) >= this.#shed;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % TICKS_BETWEEN_JUDGEMENTS === 0) this.#judge();
  }

  /** Time that was lost is in the lateness. */
  skip(): void {}

  #judge(): void {
    this.#measure();
    this.#sinceTakenUp += 1;
    const next = SHEDDING_ORDER[this.#shed];
    if (next !== undefined && this.#reaches(GIVEN_UP_FROM[next], 1)) {
      this.#giveUp();
      return;
    }
    const last = SHEDDING_ORDER[this.#shed - 1];
    if (last === undefined) return;
    this.#calm = this.#reaches(GIVEN_UP_FROM[last], CALM) ? 0 : this.#calm + 1;
    if (this.#calm >= this.#calmWanted) this.#takeUp();
  }

  #measure(): void {
    const nowMs = this.#clock.nowMs();
    const busyMs = this.#clock.busyMs();
    const passedMs = nowMs - this.#nowMs;
    const share = passedMs > 0 ? Math.min(1, (busyMs - this.#busyMs) / passedMs) : this.#busyShare;
    this.#busyShare += (share - this.#busyShare) / MEMORY_JUDGEMENTS;
    this.#nowMs = nowMs;
    this.#busyMs = busyMs;
  }

  #reaches({ latenessMs, busyShare }: Threshold, part: number): boolean {
    return this.#clock.usualLatenessMs >= latenessMs * part || this.#busyShare >= busyShare * part;
  }

  #giveUp(): void {
    const wasEarly = this.#sinceTakenUp < MOST_CALM;
    this.#calmWanted = wasEarly ? Math.min(MOST_CALM, 2 * this.#calmWanted) : LEAST_CALM;
    this.#change(1);
  }

  #takeUp(): void {
    this.#sinceTakenUp = 0;
    this.#change(-1);
  }

  #change(by: 1 | -1): void {
    this.#shed += by;
    this.#calm = 0;
    this.#onChange(this.shed);
  }
}
