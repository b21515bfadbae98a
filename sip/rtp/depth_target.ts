/** Transit times are sorted into bins so wide, up to the last bin. */
const BIN_MS = 5;
const BINS = 60;
/** Share of packets that are to be there in time; what the rest lack is made up. */
const IN_TIME = 0.98;
/** What a packet weighs less for each one after it: at 50 a second, half after 14 s. */
const FORGETTING = 0.999;
const LARGEST_WEIGHT = 1e9;
/** A new stream begins as if so many packets had been as late as is held against: forgotten after some seconds. */
const ASSUMED_PACKETS = 5;
/** The smallest transit is taken over two such spans, the current and the one before: it follows a drifting clock. */
const BASE_SPAN_MS = 5_000;

/**
 * How deep a jitter buffer must be for what the network does: how much later packets come than the fastest of late,
 * as a histogram that forgets. A transit is arrival minus sender's time, in milliseconds with any offset.
 */
export class DepthTarget {
  readonly #weights = new Float64Array(BINS);
  #weight = 1;
  #total = 0;
  #leastMs = 0;
  #leastBeforeMs = 0;
  #spanEndsMs = 0;
  #targetMs: number;
  readonly #initialMs: number;

  /** @param initialMs what is held against jitter before any is known */
  constructor(initialMs: number) {
    this.#initialMs = initialMs;
    this.#targetMs = initialMs;
  }

  /** Begins anew with a packet's transit as the smallest. */
  restart(transitMs: number, nowMs: number): void {
    this.#weights.fill(0);
    this.#weights[Math.ceil(this.#initialMs / BIN_MS) - 1] = ASSUMED_PACKETS;
    this.#weight = 1;
    this.#total = ASSUMED_PACKETS;
    this.#targetMs = this.#initialMs;
    this.rebase(transitMs, nowMs);
  }

  /** Takes this transit for the smallest, as after a pause, in which the sender's clock may have stood still. */
  rebase(transitMs: number, nowMs: number): void {
    this.#leastMs = transitMs;
    this.#leastBeforeMs = transitMs;
    this.#spanEndsMs = nowMs + BASE_SPAN_MS;
  }

  /** The smallest transit of late. */
  get baseMs(): number {
    return Math.min(this.#leastMs, this.#leastBeforeMs);
  }

  /** Time that the fastest packet is to wait. */
  get targetMs(): number {
    return this.#targetMs;
  }

  note(transitMs: number, nowMs: number): void {
    if (nowMs >= this.#spanEndsMs) {
      const formerMs = this.baseMs;
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = transitMs;
      this.#spanEndsMs = nowMs + BASE_SPAN_MS;
      this.#shift(Math.floor((this.baseMs - formerMs) / BIN_MS));
    } else if (transitMs < this.#leastMs) this.#leastMs = transitMs;
    const lateMs = transitMs - this.baseMs;
    const bin = Math.min(BINS - 1, Math.floor(lateMs / BIN_MS));
    this.#weights[bin]! += this.#weight;
    this.#total += this.#weight;
    this.#weight /= FORGETTING;
    if (this.#weight > LARGEST_WEIGHT) this.#rescale();
    this.#targetMs = this.#quantileMs();
  }

  #quantileMs(): number {
    let rest = this.#total * (1 - IN_TIME);
    for (let bin = BINS - 1; bin > 0; bin -= 1) {
      rest -= this.#weights[bin]!;
      if (rest < 0) return (bin + 1) * BIN_MS;
    }
    return BIN_MS;
  }

  /** The way got longer for good: what seemed late by so many bins was in time. */
  #shift(bins: number): void {
    if (bins < 1) return;
    const moved = Math.min(bins, BINS - 1);
    let inTime = 0;
    for (let bin = 0; bin <= moved; bin += 1) inTime += this.#weights[bin]!;
    this.#weights.copyWithin(0, moved);
    this.#weights.fill(0, BINS - moved);
    this.#weights[0] = inTime;
  }

  #rescale(): void {
    for (let bin = 0; bin < BINS; bin += 1) this.#weights[bin]! /= this.#weight;
    this.#total /= this.#weight;
    this.#weight = 1;
  }
}
