import type { Codec } from './codec.ts';
import { parseRtp, type RtpPacket, sequenceDistance, timestampDistance } from './rtp_packet.ts';

export interface RtpReceiverStats {
  readonly packets: number;
  /** Sequence numbers that never came, or came too late to be placed. */
  readonly lost: number;
  readonly duplicates: number;
  /** Datagrams that were no RTP, or carried a payload that was not asked for. */
  readonly ignored: number;
  /** Pauses between packets of more than `LATE_GAP_MS`. */
  readonly lateGaps: number;
  readonly longestGapMs: number;
  /** Times that the sender's timestamps and the clock came apart and were put together again. */
  readonly reanchors: number;
  /** Interarrival jitter (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
}

/** Where decoded audio goes: samples whose first was due at `atMs` on the receiver's clock. */
export type AudioSink = (pcm: Int16Array, atMs: number) => void;

/** Arrival later than this after the packet before is counted as a gap. */
const LATE_GAP_MS = 60;
/** A packet that is missing is waited for as long as this, or until so many later ones are there. */
const REORDER_WAIT_MS = 60;
const REORDER_PACKETS = 5;
/** A distance in sequence numbers beyond which the sender has begun anew. */
const RESTART_DISTANCE = 500;
/** Packets over which the smallest transit time is taken. */
const ANCHOR_WINDOW = 50;
/** The timeline follows the sender's clock when it is off by more than this for a whole window… */
const ANCHOR_SLACK_MS = 20;
/** …or, after a pause or by more than this, at once. */
const ANCHOR_JUMP_MS = 200;

interface Waiting {
  readonly packet: RtpPacket;
  readonly arrivalMs: number;
  /** It may have come earlier, by up to so much. */
  readonly unreadMs: number;
}

/**
 * One direction of a session: puts packets in order, decodes them, and places them in time. The place of a sample is
 * its RTP timestamp plus the smallest transit time seen lately, so that jitter does not move it: it is when a listener
 * with no jitter buffer would have heard it on a line without jitter.
 */
export class RtpReceiver {
  readonly #codec: Codec;
  readonly #sink: AudioSink;
  readonly #waiting = new Map<number, Waiting>();
  #decode: (payload: Uint8Array) => Int16Array;
  #ssrc: number | undefined;
  #expected = 0;
  #lastArrivalMs = 0;
  #lastTimestamp = 0;
  /** Sender's media time of the last packet, in ms since its first. */
  #mediaMs = 0;
  /** Added to media time, gives the receiver's clock. */
  #anchorMs: number | undefined;
  #windowPackets = 0;
  #windowLeastMs = Number.POSITIVE_INFINITY;
  #lastTransitMs: number | undefined;
  #stats = {
    packets: 0,
    lost: 0,
    duplicates: 0,
    ignored: 0,
    lateGaps: 0,
    longestGapMs: 0,
    reanchors: 0,
    jitterMs: 0,
  };

  constructor(codec: Codec, sink: AudioSink) {
    this.#codec = codec;
    this.#sink = sink;
    this.#decode = codec.createDecoder();
  }

  get stats(): RtpReceiverStats {
    return { ...this.#stats };
  }

  /** @param unreadMs how long the datagram may have waited because this process was busy with something else */
  receive(datagram: Uint8Array, nowMs: number, unreadMs = 0): void {
    const packet = parseRtp(datagram);
    if (
      packet === undefined ||
      packet.payloadType !== this.#codec.payloadType ||
      packet.payload.length === 0
    ) {
      this.#stats.ignored += 1;
      return;
    }
    this.#noteArrival(nowMs, unreadMs);
    if (packet.ssrc !== this.#ssrc) this.#restart(packet);
    const ahead = sequenceDistance(this.#expected, packet.sequence);
    if (Math.abs(ahead) > RESTART_DISTANCE) this.#restart(packet);
    else if (ahead < 0 || this.#waiting.has(packet.sequence)) {
      this.#stats.duplicates += 1;
      return;
    }
    // The datagram's buffer is its giver's.
    const kept = { ...packet, payload: packet.payload.slice() };
    this.#waiting.set(packet.sequence, { packet: kept, arrivalMs: nowMs, unreadMs });
    this.#drain(nowMs);
  }

  /** Gives up on packets that did not come in time; to be called now and then. */
  poll(nowMs: number): void {
    this.#drain(nowMs);
  }

  #noteArrival(nowMs: number, unreadMs: number): void {
    if (this.#stats.packets > 0) {
      const gapMs = Math.max(0, nowMs - this.#lastArrivalMs - unreadMs);
      if (gapMs > LATE_GAP_MS) this.#stats.lateGaps += 1;
      this.#stats.longestGapMs = Math.max(this.#stats.longestGapMs, gapMs);
    }
    this.#stats.packets += 1;
    this.#lastArrivalMs = nowMs;
  }

  #restart(packet: RtpPacket): void {
    if (this.#ssrc !== undefined) this.#stats.reanchors += 1;
    this.#ssrc = packet.ssrc;
    this.#expected = packet.sequence;
    this.#waiting.clear();
    this.#decode = this.#codec.createDecoder();
    this.#lastTimestamp = packet.timestamp;
    this.#mediaMs = 0;
    this.#anchorMs = undefined;
    this.#lastTransitMs = undefined;
  }

  #drain(nowMs: number): void {
    while (this.#waiting.size > 0) {
      const next = this.#waiting.get(this.#expected);
      if (next !== undefined) {
        this.#waiting.delete(this.#expected);
        this.#expected = (this.#expected + 1) & 0xffff;
        this.#emit(next);
      } else if (this.#waitedLongEnough(nowMs)) {
        this.#stats.lost += 1;
        this.#expected = (this.#expected + 1) & 0xffff;
      } else return;
    }
  }

  #waitedLongEnough(nowMs: number): boolean {
    if (this.#waiting.size >= REORDER_PACKETS) return true;
    for (const { arrivalMs } of this.#waiting.values()) {
      if (nowMs - arrivalMs >= REORDER_WAIT_MS) return true;
    }
    return false;
  }

  #emit({ packet, arrivalMs, unreadMs }: Waiting): void {
    this.#mediaMs += timestampDistance(this.#lastTimestamp, packet.timestamp) / this.#codec.ticksPerMs;
    this.#lastTimestamp = packet.timestamp;
    const transitMs = arrivalMs - this.#mediaMs;
    this.#updateJitter(transitMs);
    this.#sink(
      this.#decode(packet.payload),
      this.#mediaMs + this.#anchor(transitMs, unreadMs, packet.marker),
    );
  }

  #updateJitter(transitMs: number): void {
    const change = Math.abs(transitMs - (this.#lastTransitMs ?? transitMs));
    this.#lastTransitMs = transitMs;
    this.#stats.jitterMs += (change - this.#stats.jitterMs) / 16;
  }

  #anchor(transitMs: number, unreadMs: number, resumed: boolean): number {
    const anchorMs = this.#anchorMs;
    if (anchorMs === undefined) return this.#setAnchor(transitMs);
    const lateMs = transitMs - anchorMs;
    if (lateMs > 0 && lateMs <= unreadMs) return anchorMs;
    if (lateMs < 0 && lateMs >= -ANCHOR_SLACK_MS) return this.#setAnchor(transitMs);
    if (Math.abs(lateMs) > ANCHOR_JUMP_MS || lateMs < 0 || (resumed && lateMs > ANCHOR_SLACK_MS)) {
      this.#stats.reanchors += 1;
      return this.#setAnchor(transitMs);
    }
    this.#windowLeastMs = Math.min(this.#windowLeastMs, transitMs);
    this.#windowPackets += 1;
    if (this.#windowPackets < ANCHOR_WINDOW) return anchorMs;
    const leastMs = this.#windowLeastMs;
    this.#windowPackets = 0;
    this.#windowLeastMs = Number.POSITIVE_INFINITY;
    if (leastMs - anchorMs <= ANCHOR_SLACK_MS) return anchorMs;
    this.#stats.reanchors += 1;
    return this.#setAnchor(leastMs);
  }

  #setAnchor(transitMs: number): number {
    this.#anchorMs = transitMs;
    this.#windowPackets = 0;
    this.#windowLeastMs = Number.POSITIVE_INFINITY;
    return transitMs;
  }
}
