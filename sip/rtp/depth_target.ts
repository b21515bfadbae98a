/** Transit times are sorted into bins so wide, up to the last bin. */
const BIN_MS = 5;
const BINS = 60;
/** Share of packets that are to be there in time; what the rest lack is made up. */
const IN_TIME = 0.98;
/** Share of the newest packet: at 50 a second, the older ones are forgotten by half in 14 s. */
const NEWEST_SHARE = 0.001;
/** A new stream begins as if so many packets had been as late as is held against: forgotten after some seconds. */
const ASSUMED_PACKETS = 5;
/** The smallest transit is taken over two such spans, the current and the one before: it follows a drifting clock. */
const BASE_SPAN_MS = 5_000;

/**
 * How deep a jitter buffer must be for what the network does: how much later packets come than the fastest of late,
 * as a histogram that forgets. A transit is arrival minus sender's time, in milliseconds with any offset.
 */
export class DepthTarget {
  /** Shares of all packets, whose sum is 1. */
  readonly #shares = new Float64Array(BINS);
  #packets = 0;
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
    this.#shares.fill(0);
    this.#shares[Math.ceil(this.#initialMs / BIN_MS) - 1] = 1;
    this.#packets = ASSUMED_PACKETS;
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
    this.#packets += 1;
    const share = Math.max(NEWEST_SHARE, 1 / this.#packets);
    for (let each = 0; each < BINS; each += 1) this.#shares[each]! *= 1 - share;
    this.#shares[bin]! += share;
    this.#targetMs = this.#quantileMs();
  }

  #quantileMs(): number {
    let rest = 1 - IN_TIME;
    for (let bin = BINS - 1; bin > 0; bin -= 1) {
      rest -= this.#shares[bin]!;
      if (rest < 0) return (bin + 1) * BIN_MS;
    }
    return BIN_MS;
  }

  /** The way got longer for good: what seemed late by so many bins was in time. */
  #shift(bins: number): void {
    if (bins < 1) return;
    const moved = Math.min(bins, BINS - 1);
    let inTime = 0;
    for (let bin = 0; bin <= moved; bin += 1) inTime += this.#shares[bin]!;
    this.#shares.copyWithin(0, moved);
    this.#shares.fill(0, BINS - moved);
    this.#shares[0] = inTime;
  }
}
