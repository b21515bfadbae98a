import { RTP_LIMITS } from './limits.ts';
import type { ReportBlock } from './rtcp_packet.ts';
import { sequenceDistance, timestampDistance } from './rtp_packet.ts';

/** What became of a packet: of use, seen before, or out of all bounds, so that it is to be passed over. */
export type Arrival = 'fresh' | 'duplicate' | 'stray';

/** Sequence numbers of late packets are told from duplicates among so many; a power of two. */
const REMEMBERED = 128;
const NONE = -1;
/** RFC 3550 §A.3: losses are told in 24 bits, signed. */
const MOST_LOST = 0x7fffff;
const LEAST_LOST = -0x800000;

/**
 * What comes from one source, counted as in RFC 3550 §A.1, §A.3 and §A.8: roll-over, restart of the numbering, losses,
 * interarrival jitter. Times are monotonic milliseconds.
 */
export class Reception {
  readonly ssrc: number;
  readonly #ticksPerMs: number;
  readonly #seen = new Int32Array(REMEMBERED).fill(NONE);
  #base = 0;
  #highest = 0;
  #cycles = 0;
  #received = 0;
  #duplicates = 0;
  /** The next sequence number, if the source began anew with the last packet. */
  #restartAt = NONE;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #jitterTicks = 0;
  #lastTimestamp = 0;
  #lastArrivalMs = 0;
  #lastReport = 0;
  #lastReportMs = 0;

  constructor(ssrc: number, ticksPerMs: number) {
    this.ssrc = ssrc;
    this.#ticksPerMs = ticksPerMs;
  }

  get received(): number {
    return this.#received;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Never came; late ones count as come, so this may fall. */
  get lost(): number {
    return Math.max(0, this.#expected() - this.#received);
  }

  get jitterMs(): number {
    return this.#jitterTicks / this.#ticksPerMs;
  }

  note(sequence: number, timestamp: number, nowMs: number): Arrival {
    if (this.#received === 0) this.#start(sequence);
    else {
      const ahead = sequenceDistance(this.#highest, sequence);
      if (ahead > 0 && ahead < RTP_LIMITS.sequenceDropout) {
        if (sequence < this.#highest) this.#cycles += 0x10000;
        this.#highest = sequence;
      } else if (ahead > 0 || ahead < -RTP_LIMITS.sequenceMisorder) {
        // Two in a row out of bounds: the source has begun anew.
        const isRestart = sequence === this.#restartAt;
        this.#restartAt = (sequence + 1) & 0xffff;
        if (!isRestart) return 'stray';
        this.#start(sequence);
      }
    }
    const slot = sequence % REMEMBERED;
    if (this.#seen[slot] === sequence) {
      this.#duplicates += 1;
      return 'duplicate';
    }
    this.#seen[slot] = sequence;
    this.#received += 1;
    this.#noteTransit(timestamp, nowMs);
    return 'fresh';
  }

  /** The far end's sender report, to be named in our next block. */
  noteReport(ntpSeconds: number, ntpFraction: number, nowMs: number): void {
    this.#lastReport = ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
    this.#lastReportMs = nowMs;
  }

  /** What is told of this source in a report; the fraction counts from the block before. */
  report(nowMs: number): ReportBlock {
    const expected = this.#expected();
    const expectedNow = expected - this.#expectedPrior;
    const lostNow = expectedNow - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    const sinceReportMs = this.#lastReport === 0 ? 0 : nowMs - this.#lastReportMs;
    return {
      ssrc: this.ssrc,
      fractionLost: lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      packetsLost: Math.max(LEAST_LOST, Math.min(MOST_LOST, expected - this.#received)),
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitterTicks: Math.floor(this.#jitterTicks),
      lastReport: this.#lastReport,
      delaySinceLastReport: Math.round((sinceReportMs * 65_536) / 1_000) >>> 0,
    };
  }

  #start(sequence: number): void {
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#received = 0;
    this.#restartAt = NONE;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#seen.fill(NONE);
  }

  #expected(): number {
    return this.#received === 0 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }

  #noteTransit(timestamp: number, nowMs: number): void {
    if (this.#received > 1) {
      const sentTicks = timestampDistance(this.#lastTimestamp, timestamp);
      const change = Math.abs((nowMs - this.#lastArrivalMs) * this.#ticksPerMs - sentTicks);
      // A new timeline is no jitter.
      if (change < RTP_LIMITS.timelineJumpMs * this.#ticksPerMs) {
        this.#jitterTicks += (change - this.#jitterTicks) / 16;
      }
    }
    this.#lastTimestamp = timestamp;
    this.#lastArrivalMs = nowMs;
  }
}
