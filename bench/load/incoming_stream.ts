import type { Histogram } from './histogram.ts';

/** What arrived of one call's RTP (RFC 3550), as the wire shows it. */
export interface Reception {
  readonly packets: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Came after one that was sent later. */
  readonly reordered: number;
  /** Later against the stream's own clock than a jitter buffer of `LATE_MS` would wait. */
  readonly late: number;
  /** Neither RTP nor of a payload type that was agreed on. */
  readonly ignored: number;
  readonly gaps: readonly Gap[];
  readonly gapCount: number;
  readonly longestGapMs: number;
  /** Interarrival jitter (RFC 3550 §6.4.1) at the end, and the most it was. */
  readonly jitterMs: number;
  readonly mostJitterMs: number;
  /** Times that the stream began anew with another source. */
  readonly restarts: number;
  /** How much faster than ours the sender's clock runs; undefined after less than 10 s. */
  readonly skewPpm: number | undefined;
}

/** A time without a packet while one was due. */
export interface Gap {
  readonly atMs: number;
  readonly lengthMs: number;
}

/** Payload bytes from `start` to the end of the datagram's `end`, whose first sample was due at `atMs`. */
export type PayloadSink = (datagram: Uint8Array, start: number, end: number, atMs: number) => void;

const HEADER_BYTES = 12;
const TICKS_PER_MS = 8;
/** More than this between two packets is a gap. */
const GAP_MS = 60;
/** A packet this late against the earliest of its second is too late for most phones. */
const LATE_MS = 60;
const MOST_GAPS = 64;
/** A distance in sequence numbers beyond which the sender has begun anew. */
const RESTART_DISTANCE = 1000;
/** Packets whose repetition is noticed. */
const REMEMBERED = 32;
const WINDOW_MS = 1000;
/** Within a second the timeline stays as it is, but for packets so much earlier or later than it: sounds stay whole. */
const ANCHOR_SLACK_MS = 20;
const ANCHOR_JUMP_MS = 200;
const MOST_WINDOWS = 7200;
const LEAST_WINDOWS = 10;

/**
 * The receiving side of one call: counts, times and places packets, and hands their payloads on. The place of a sample
 * is its timestamp plus the least transit time of the second before, so that jitter does not move sounds. Allocates
 * nothing for a packet. Times are monotonic milliseconds.
 */
export class IncomingStream {
  readonly #payloadType: number;
  readonly #eventPayloadType: number | undefined;
  readonly #sink: PayloadSink;
  readonly #lateness: Histogram | undefined;
  #isExpected = false;
  #expectedSinceMs = 0;
  #lastArrivalMs = 0;
  #ssrc: number | undefined;
  /** Extended numbers: they go on growing where 16 bits wrap. */
  #first = 0;
  #highest = 0;
  /** Bit n: the packet n before the highest has come. */
  #seen = 0;
  #firstTimestamp = 0;
  /** Of streams that another one followed. */
  #lostBefore = 0;
  #uniqueHere = 0;
  #lastTransitMs = 0;
  #anchorMs = 0;
  #windowEndMs = 0;
  #windowLeastMs = Number.POSITIVE_INFINITY;
  readonly #leastTransitsMs: number[] = [];
  readonly #gaps: Gap[] = [];
  readonly #counts = {
    packets: 0,
    duplicates: 0,
    reordered: 0,
    late: 0,
    ignored: 0,
    gapCount: 0,
    longestGapMs: 0,
    jitterMs: 0,
    mostJitterMs: 0,
    restarts: 0,
  };

  /** `lateness` takes how late each packet was on the stream's own grid, as its earliest ones show it. */
  constructor(
    payloadType: number,
    eventPayloadType: number | undefined,
    sink: PayloadSink,
    lateness?: Histogram,
  ) {
    this.#payloadType = payloadType;
    this.#eventPayloadType = eventPayloadType;
    this.#sink = sink;
    this.#lateness = lateness;
  }

  /** From now on the far end has to send, or need not, as on hold. */
  expect(isExpected: boolean, nowMs: number): void {
    if (this.#isExpected && !isExpected) this.#noteSpell(nowMs);
    if (!this.#isExpected && isExpected) this.#expectedSinceMs = nowMs;
    this.#isExpected = isExpected;
  }

  receive(datagram: Uint8Array, nowMs: number): void {
    const start = payloadStart(datagram);
    const end = datagram.length - ((datagram[0]! & 0x20) === 0 ? 0 : datagram[datagram.length - 1]!);
    const payloadType = datagram[1]! & 0x7f;
    const isEvent = payloadType === this.#eventPayloadType;
    if (start === undefined || start >= end || (payloadType !== this.#payloadType && !isEvent)) {
      this.#counts.ignored += 1;
      return;
    }
    this.#noteSpell(nowMs);
    this.#lastArrivalMs = nowMs;
    this.#counts.packets += 1;
    const isNew = this.#place(datagram, nowMs);
    // A key's packets repeat its first timestamp: they tell nothing about the time of audio.
    if (!isNew || isEvent) return;
    const mediaMs = ((readUint32(datagram, 4) - this.#firstTimestamp) | 0) / TICKS_PER_MS;
    const anchorMs = this.#time(nowMs - mediaMs, nowMs);
    this.#sink(datagram, start, end, mediaMs + anchorMs);
  }

  /** Ends the measuring: time without packets up to now is a gap, too. */
  finish(nowMs: number): void {
    this.expect(false, nowMs);
  }

  reception(): Reception {
    return {
      ...this.#counts,
      gaps: this.#gaps,
      lost: this.#lostBefore + this.#lostHere(),
      skewPpm: skewOf(this.#leastTransitsMs),
    };
  }

  #lostHere(): number {
    return this.#ssrc === undefined ? 0 : Math.max(0, this.#highest - this.#first + 1 - this.#uniqueHere);
  }

  /** The time since the last packet, if it was too long. */
  #noteSpell(nowMs: number): void {
    if (!this.#isExpected) return;
    const sinceMs = Math.max(this.#lastArrivalMs, this.#expectedSinceMs);
    const lengthMs = nowMs - sinceMs;
    if (lengthMs <= GAP_MS) return;
    const counts = this.#counts;
    counts.gapCount += 1;
    counts.longestGapMs = Math.max(counts.longestGapMs, lengthMs);
    if (this.#gaps.length < MOST_GAPS) this.#gaps.push({ atMs: sinceMs, lengthMs });
  }

  /** Whether the packet is the first of its number and is heard: neither a repetition nor older than one heard. */
  #place(datagram: Uint8Array, nowMs: number): boolean {
    const sequence = (datagram[2]! << 8) | datagram[3]!;
    const ssrc = readUint32(datagram, 8);
    const ahead = ((sequence - this.#highest) << 16) >> 16;
    if (ssrc !== this.#ssrc || Math.abs(ahead) > RESTART_DISTANCE) {
      this.#begin(datagram, ssrc, sequence, nowMs);
      return true;
    }
    if (ahead > 0) {
      this.#highest += ahead;
      this.#seen = (ahead >= REMEMBERED ? 0 : this.#seen << ahead) | 1;
      this.#uniqueHere += 1;
      return true;
    }
    const bit = -ahead < REMEMBERED ? 1 << -ahead : 0;
    if ((this.#seen & bit) !== 0) this.#counts.duplicates += 1;
    else {
      this.#seen |= bit;
      this.#uniqueHere += 1;
      this.#counts.reordered += 1;
    }
    return false;
  }

  #begin(datagram: Uint8Array, ssrc: number, sequence: number, nowMs: number): void {
    if (this.#ssrc !== undefined) {
      this.#counts.restarts += 1;
      this.#lostBefore += this.#lostHere();
    }
    this.#ssrc = ssrc;
    this.#first = sequence;
    this.#highest = sequence;
    this.#seen = 1;
    this.#uniqueHere = 1;
    this.#firstTimestamp = readUint32(datagram, 4);
    this.#lastTransitMs = nowMs;
    this.#anchorMs = nowMs;
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#windowLeastMs = Number.POSITIVE_INFINITY;
    this.#leastTransitsMs.length = 0;
  }

  /** Follows the stream's clock by the least transit time; gives the anchor that places this packet. */
  #time(transitMs: number, nowMs: number): number {
    const counts = this.#counts;
    counts.jitterMs += (Math.abs(transitMs - this.#lastTransitMs) - counts.jitterMs) / 16;
    counts.mostJitterMs = Math.max(counts.mostJitterMs, counts.jitterMs);
    this.#lastTransitMs = transitMs;
    if (transitMs - this.#anchorMs > LATE_MS) counts.late += 1;
    const aheadMs = this.#anchorMs - transitMs;
    if (aheadMs > ANCHOR_SLACK_MS || -aheadMs > ANCHOR_JUMP_MS) this.#anchorMs = transitMs;
    this.#windowLeastMs = Math.min(this.#windowLeastMs, transitMs);
    this.#lateness?.add(Math.max(0, transitMs - Math.min(this.#anchorMs, this.#windowLeastMs)));
    if (nowMs >= this.#windowEndMs) {
      this.#anchorMs = this.#windowLeastMs;
      if (this.#leastTransitsMs.length < MOST_WINDOWS) this.#leastTransitsMs.push(this.#windowLeastMs);
      this.#windowLeastMs = Number.POSITIVE_INFINITY;
      this.#windowEndMs = nowMs + WINDOW_MS;
    }
    return this.#anchorMs;
  }
}

/** Where the payload begins; undefined for what is no RTP. */
function payloadStart(datagram: Uint8Array): number | undefined {
  if (datagram.length < HEADER_BYTES || datagram[0]! >> 6 !== 2) return undefined;
  let start = HEADER_BYTES + (datagram[0]! & 0x0f) * 4;
  if ((datagram[0]! & 0x10) !== 0) {
    if (start + 4 > datagram.length) return undefined;
    start += 4 + ((datagram[start + 2]! << 8) | datagram[start + 3]!) * 4;
  }
  return start;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The slope of the least transit times by least squares; a fast sender's packets come earlier and earlier. */
function skewOf(leastTransitsMs: readonly number[]): number | undefined {
  const count = leastTransitsMs.length;
  if (count < LEAST_WINDOWS) return undefined;
  const middle = (count - 1) / 2;
  const first = leastTransitsMs[0]!;
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i += 1) {
    products += (i - middle) * (leastTransitsMs[i]! - first);
    squares += (i - middle) ** 2;
  }
  const slopeMsPerS = (products / squares) * (1000 / WINDOW_MS);
  return Math.round(-slopeMsPerS * 1000 * 10) / 10;
}
