import { DepthTarget } from './depth_target.ts';
import { RTP_LIMITS } from './limits.ts';
import type { MediaDecoder } from './media_codec.ts';
import { PacketStore } from './packet_store.ts';
import { timestampDistance } from './rtp_packet.ts';
import type { RtpCodec } from './rtp_stream.ts';
import { lengthen, type StretchBuffer, shorten } from './time_stretch.ts';

/** Held against jitter until it is known. */
const INITIAL_DEPTH_MS = 30;
/** Decoded audio in samples: a packet of 60 ms, what is being pulled, and room to stretch. */
const PCM_SAMPLES = 2_048;
/** A pause after which the sender's clock may have moved: the next packet's transit is the new base. */
const PAUSE_MS = 120;
/** A frame may reach over the end of a packet; the next one is then needed by as much earlier. */
const FRAME_MS = 10;
/** Depth is left alone while it is not this much over its target, and a cut brings it back to between the two. */
const TOO_DEEP_MS = 10;
/** Beyond these it is brought back even where a cut might be heard. */
const FORCED_DEEP_MS = 40;
const FORCED_SHALLOW_MS = -20;
/** Beyond this, as after an outage, it is brought back without pauses between cuts. */
const URGENT_DEEP_MS = 100;
/** Decoded ahead where it is there, so that a cut can be placed. */
const LOOKAHEAD_MS = 30;

export interface JitterBufferStats {
  /** Came after their time. */
  readonly late: number;
  readonly duplicates: number;
  /** Could not be decoded, or lay apart from the stream. */
  readonly ignored: number;
  /** Thrown away because the buffer was over its limit. */
  readonly droppedMs: number;
  readonly concealedMs: number;
  /** Taken out and put in to follow the far end's clock and the network. */
  readonly shortenedMs: number;
  readonly lengthenedMs: number;
  /** New timelines: another source, or a jump in its timestamps. */
  readonly restarts: number;
}

/**
 * Adaptive jitter buffer on the media clock: packets come in between, each pull takes the next frame. What is missing
 * is made up; where nothing came in time the sender's time stands still, so that late speech is not lost, and the
 * depth that this adds is taken out again where it is not heard. The same cuts follow a far end whose clock runs fast
 * or slow. Times are monotonic milliseconds. Nothing here allocates or throws after construction.
 */
export class JitterBuffer {
  readonly #decoder: MediaDecoder;
  readonly #samplesPerMs: number;
  readonly #samplesPerTick: number;
  readonly #ticksPerMs: number;
  readonly #store = new PacketStore();
  readonly #target = new DepthTarget(INITIAL_DEPTH_MS);
  readonly #decoded: StretchBuffer = { pcm: new Float32Array(PCM_SAMPLES), count: 0 };
  /** Nothing was ever heard: the far end is awaited in silence. */
  #isUnheard = true;
  #hasStarted = false;
  /** Timestamp of the sample behind the last decoded one; signed, since larger numbers cost memory. */
  #nextTimestamp = 0;
  /** Ticks made up because nothing was there; owed by the next gap in the timestamps. */
  #overdraftTicks = 0;
  /** A timestamp of late, and the same in milliseconds without roll-over. */
  #knownTimestamp = 0;
  #knownMs = 0;
  #lastArrivalMs = 0;
  #jumpTimestamp: number | undefined;
  #pullsUntilCut = 0;
  #stats = {
    late: 0,
    duplicates: 0,
    ignored: 0,
    droppedMs: 0,
    concealedMs: 0,
    shortenedMs: 0,
    lengthenedMs: 0,
    restarts: 0,
  };
  #depthMs = 0;

  constructor(decoder: MediaDecoder) {
    this.#decoder = decoder;
    this.#samplesPerMs = decoder.rateHz / 1000;
    this.#ticksPerMs = decoder.clockRateHz / 1000;
    this.#samplesPerTick = decoder.rateHz / decoder.clockRateHz;
  }

  /** How long the frame pulled last was held back beyond the fastest packets of late. */
  get depthMs(): number {
    return this.#depthMs;
  }

  /** How long that is to be. */
  get targetMs(): number {
    return this.#target.targetMs + FRAME_MS;
  }

  stats(): JitterBufferStats {
    return { ...this.#stats };
  }

  /** Another source speaks from now on: its first packet begins a new timeline. */
  restart(): void {
    this.#hasStarted = false;
    this.#store.clear();
  }

  /** A packet's payload: `length` bytes of `bytes` from `start`, which are copied. */
  receive(
    codec: RtpCodec,
    timestamp: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    nowMs: number,
  ): void {
    const samples = length > RTP_LIMITS.payloadBytes ? 0 : this.#decoder.samplesIn(codec, length);
    if (samples === 0 || !this.#place(timestamp, nowMs)) {
      this.#stats.ignored += 1;
      return;
    }
    const end = timestamp + samples / this.#samplesPerTick;
    if (timestampDistance(this.#nextTimestamp, end) <= 0) this.#stats.late += 1;
    else if (this.#store.has(timestamp)) this.#stats.duplicates += 1;
    else {
      if (this.#store.isFull) this.#dropEarliest();
      this.#store.put(codec, timestamp, bytes, start, length);
      this.#keepLimit(end);
    }
  }

  /** Fills `frame` with what is due at `nowMs`; true when any of it was made up. */
  pull(frame: Float32Array, nowMs: number): boolean {
    if (this.#isUnheard) {
      frame.fill(0);
      return false;
    }
    const isConcealed = this.#fill(frame.length);
    if (!isConcealed) this.#follow(frame.length, nowMs);
    const { pcm, count } = this.#decoded;
    this.#depthMs = Math.max(0, this.#headTransitMs(nowMs) - this.#target.baseMs);
    for (let i = 0; i < frame.length; i += 1) frame[i] = pcm[i]!;
    pcm.copyWithin(0, frame.length, count);
    this.#decoded.count = count - frame.length;
    return isConcealed;
  }

  /** Puts an arrival in relation to those before; false when it is not to be used. */
  #place(timestamp: number, nowMs: number): boolean {
    const transitMs = nowMs - this.#mediaMs(timestamp);
    const lateMs = transitMs - this.#target.baseMs;
    const isAfterPause = nowMs - this.#lastArrivalMs > PAUSE_MS;
    if (!this.#hasStarted) this.#begin(timestamp, nowMs);
    else if (Math.abs(lateMs) > RTP_LIMITS.timelineJumpMs) {
      // One stray packet does not move the timeline; two that agree, or one after a pause, do.
      const jump = this.#jumpTimestamp;
      this.#jumpTimestamp = timestamp;
      const jumpMs = jump === undefined ? 0 : timestampDistance(jump, timestamp) / this.#ticksPerMs;
      const agrees = jump !== undefined && Math.abs(jumpMs) < RTP_LIMITS.timelineJumpMs;
      if (!agrees && !isAfterPause) return false;
      this.#begin(timestamp, nowMs);
    } else if (isAfterPause) this.#target.rebase(transitMs, nowMs);
    else this.#target.note(transitMs, nowMs);
    this.#jumpTimestamp = undefined;
    this.#knownMs = this.#mediaMs(timestamp);
    this.#knownTimestamp = timestamp;
    this.#lastArrivalMs = nowMs;
    return true;
  }

  #begin(timestamp: number, nowMs: number): void {
    this.#store.clear();
    this.#target.restart(nowMs - this.#mediaMs(timestamp), nowMs);
    // Before the first packet lies a gap as long as it is to wait.
    this.#nextTimestamp = (timestamp - INITIAL_DEPTH_MS * this.#ticksPerMs) | 0;
    this.#overdraftTicks = 0;
    this.#hasStarted = true;
    this.#isUnheard = false;
    this.#stats.restarts += 1;
    this.#decoder.restart();
  }

  #mediaMs(timestamp: number): number {
    return this.#knownMs + timestampDistance(this.#knownTimestamp, timestamp) / this.#ticksPerMs;
  }

  /** Transit of the next sample to be heard. */
  #headTransitMs(nowMs: number): number {
    return nowMs - this.#mediaMs(this.#nextTimestamp) + this.#decoded.count / this.#samplesPerMs;
  }

  /** Sees to it that so many samples are decoded or made up; true when any were made up. */
  #fill(samples: number): boolean {
    let isConcealed = false;
    while (this.#decoded.count < samples) {
      const slot = this.#store.earliest(this.#nextTimestamp);
      if (slot >= 0) this.#settleOverdraft(slot);
      const missing = samples - this.#decoded.count;
      const gap = slot < 0 ? 0 : this.#gapTicks(slot) * this.#samplesPerTick;
      if (slot >= 0 && gap <= 0) {
        this.#decode(slot);
        continue;
      }
      const madeUp = slot < 0 ? missing : Math.min(missing, gap);
      const ticks = madeUp / this.#samplesPerTick;
      if (slot < 0) this.#overdraftTicks += ticks;
      else this.#nextTimestamp = (this.#nextTimestamp + ticks) | 0;
      this.#conceal(madeUp);
      isConcealed = true;
    }
    return isConcealed;
  }

  #gapTicks(slot: number): number {
    return timestampDistance(this.#nextTimestamp, this.#store.timestampOf(slot));
  }

  /** What was made up while nothing was there took the place of what turns out to be lost, as far as that goes. */
  #settleOverdraft(slot: number): void {
    this.#nextTimestamp = (this.#nextTimestamp + this.#paidBy(slot)) | 0;
    this.#overdraftTicks = 0;
  }

  /** Ticks of the overdraft that the gap before a packet pays. */
  #paidBy(slot: number): number {
    return Math.max(0, Math.min(this.#overdraftTicks, this.#gapTicks(slot)));
  }

  #conceal(samples: number): void {
    this.#decoder.conceal(this.#decoded.pcm, this.#decoded.count, samples);
    this.#decoded.count += samples;
    this.#stats.concealedMs += samples / this.#samplesPerMs;
  }

  /** Decodes a waiting packet, without what of it was heard already. */
  #decode(slot: number): void {
    const { pcm, count } = this.#decoded;
    const heard = -this.#gapTicks(slot) * this.#samplesPerTick;
    const store = this.#store;
    const codec = store.codecOf(slot);
    const length = store.lengthOf(slot);
    store.release(slot);
    if (heard >= this.#decoder.samplesIn(codec, length)) {
      this.#stats.late += 1;
      return;
    }
    const samples = this.#decoder.decode(codec, store.bytes, store.startOf(slot), length, pcm, count);
    pcm.copyWithin(count, count + heard, count + samples);
    this.#decoded.count = count + samples - heard;
    this.#nextTimestamp = (store.timestampOf(slot) + samples / this.#samplesPerTick) | 0;
  }

  /** Brings the depth nearer to its target by one cut, when it is off and the audio allows it. */
  #follow(frameSamples: number, nowMs: number): void {
    this.#pullsUntilCut -= 1;
    if (this.#pullsUntilCut > 0) return;
    const excessMs = this.#headTransitMs(nowMs) - this.#target.baseMs - this.targetMs;
    if (excessMs < TOO_DEEP_MS && excessMs >= 0) return;
    const mostMs = excessMs > 0 ? excessMs : TOO_DEEP_MS - excessMs;
    const most = Math.floor(mostMs * this.#samplesPerMs) - 1;
    this.#decodeAhead(frameSamples + LOOKAHEAD_MS * this.#samplesPerMs);
    const { rateHz } = this.#decoder;
    if (excessMs > 0) {
      const cut = shorten(
        this.#decoded,
        rateHz,
        Math.min(most, this.#decoded.count - frameSamples),
        excessMs > FORCED_DEEP_MS,
      );
      this.#stats.shortenedMs += cut / this.#samplesPerMs;
    } else {
      const won = lengthen(this.#decoded, rateHz, most, excessMs < FORCED_SHALLOW_MS);
      this.#stats.lengthenedMs += won / this.#samplesPerMs;
    }
    this.#pullsUntilCut = excessMs > URGENT_DEEP_MS ? 1 : excessMs > FORCED_DEEP_MS ? 4 : 10;
  }

  /** Decodes what follows without a gap, up to so many samples. */
  #decodeAhead(samples: number): void {
    while (this.#decoded.count < samples) {
      const slot = this.#store.earliest(this.#nextTimestamp);
      if (slot < 0 || this.#gapTicks(slot) > 0) return;
      this.#decode(slot);
    }
  }

  /** Throws away the oldest while what waits reaches over more than the limit; a pause before it does not count. */
  #keepLimit(end: number): void {
    const mostTicks = RTP_LIMITS.bufferedMs * this.#ticksPerMs;
    while (this.#store.count > 1) {
      const slot = this.#store.earliest(this.#nextTimestamp);
      if (timestampDistance(this.#nextTimestamp, end) - this.#paidBy(slot) <= mostTicks) return;
      this.#dropEarliest();
    }
  }

  /** Goes on at the second of the packets that wait. */
  #dropEarliest(): void {
    const oldest = this.#store.earliest(this.#nextTimestamp);
    this.#settleOverdraft(oldest);
    this.#store.release(oldest);
    const slot = this.#store.earliest(this.#nextTimestamp);
    if (slot < 0) return;
    const ticks = Math.max(0, this.#gapTicks(slot));
    this.#nextTimestamp = (this.#nextTimestamp + ticks) | 0;
    this.#stats.droppedMs += ticks / this.#ticksPerMs;
    this.#decoder.restart();
  }
}
