import { EventSender } from './event_sender.ts';
import { RTP_LIMITS } from './limits.ts';
import type { SentState } from './rtcp_session.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from './rtp_packet.ts';
import type { RtpCodec, RtpStream } from './rtp_stream.ts';
import { EVENT_BYTES } from './telephone_event.ts';

/** A packet on its way; its bytes stay as they are for some packets more. */
export type SendPacket = (packet: Uint8Array) => void;

export interface RtpSenderOptions {
  /** Ticks of the RTP timestamp in a millisecond. */
  readonly ticksPerMs: number;
  /** 0…1 by chance: SSRC, first sequence number and timestamp are to be guessed by nobody (RFC 3550 §5.1). */
  readonly random: () => number;
}

const FRAME_MS = 10;
/** Buffers in turn, since a busy socket may hold on to one. */
const BUFFERS = 8;

/** Makes one stream's packets out of frames of 10 ms, and key presses. Allocates nothing per packet. */
export class RtpSender {
  readonly #options: RtpSenderOptions;
  readonly #send: SendPacket;
  readonly #events: EventSender;
  readonly #buffers: readonly Uint8Array[];
  /** The buffers again, as long as the packet made last in each. */
  readonly #packetViews: Uint8Array[];
  readonly #frameTicks: number;
  /** As agreed last, and as the packet is made that is being filled. */
  #agreed: RtpStream | undefined;
  #making: RtpStream | undefined;
  #buffer: Uint8Array;
  #turn = 0;
  #ssrc: number;
  #sequence: number;
  /** Of the next frame, and of the packet that is being filled; signed, since larger numbers cost memory. */
  #timestamp: number;
  #packetTimestamp: number;
  #frames = 0;
  #length = RTP_HEADER_BYTES;
  #isAfterPause = true;
  /** The last packet: ticks of its audio, none for a key's, whether it had the marker, and bytes of its payload. */
  #madeTicks = 0;
  #madeMarker = false;
  #madeOctets = 0;
  #sentAtMs = 0;
  #packets = 0;
  #octets = 0;

  constructor(options: RtpSenderOptions, send: SendPacket) {
    const { random } = options;
    this.#options = options;
    this.#send = send;
    this.#events = new EventSender(options.ticksPerMs);
    const bytes = RTP_HEADER_BYTES + RTP_LIMITS.payloadBytes;
    this.#buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(bytes));
    this.#packetViews = [...this.#buffers];
    this.#buffer = this.#buffers[0]!;
    this.#frameTicks = FRAME_MS * options.ticksPerMs;
    this.#ssrc = chance(random, 2 ** 32);
    this.#sequence = chance(random, 2 ** 16);
    this.#timestamp = chance(random, 2 ** 32) | 0;
    this.#packetTimestamp = this.#timestamp;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** What a report tells of this stream. */
  sent(): SentState {
    return {
      ssrc: this.#ssrc,
      packets: this.#packets,
      octets: this.#octets,
      timestamp: this.#packetTimestamp >>> 0,
      sentAtMs: this.#sentAtMs,
    };
  }

  /** Another SSRC, because the far end chose the same (RFC 3550 §8.2). */
  renew(): void {
    this.#ssrc = chance(this.#options.random, 2 ** 32);
    this.#packets = 0;
    this.#octets = 0;
  }

  /** What is sent from now on, but for the packet that is begun. */
  agree(stream: RtpStream): void {
    this.#agreed = stream;
    if (this.#frames === 0) this.#making = stream;
  }

  /** Of the next frame; undefined while nothing is to be sent. */
  get codec(): RtpCodec | undefined {
    return this.#agreed?.sends === true ? this.#making?.codec : undefined;
  }

  /** False when the far end takes no events, for what is no key, or when too many wait. */
  press(key: string, durationMs: number): boolean {
    return this.#eventPayloadType(this.#agreed) !== undefined && this.#events.press(key, durationMs);
  }

  /** Where the next frame's payload is to be written, with room for a frame. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  get writeAt(): number {
    return this.#length;
  }

  /** The next 10 ms of payload were written to `buffer` at `writeAt`: sends the packet that they complete. */
  written(payloadBytes: number, nowMs: number): void {
    const making = this.#making;
    if (making === undefined) return;
    this.#length += payloadBytes;
    this.#frames += 1;
    this.#timestamp = (this.#timestamp + this.#frameTicks) | 0;
    if (this.#frames * FRAME_MS >= making.ptimeMs) this.#complete(making, nowMs);
  }

  /**
   * Throws away what of a packet was written, and says how many milliseconds that was: the stream's time goes back by as
   * much, for others to be written in their place.
   */
  flush(): number {
    const flushedMs = this.#frames * FRAME_MS;
    this.#timestamp = (this.#timestamp - this.#frames * this.#frameTicks) | 0;
    this.#startPacket();
    return flushedMs;
  }

  /**
   * The last packet is not sent after all: once `flush` is called, the next one takes its number and its time. Says how
   * many milliseconds of audio were in it; 0 for a key's, which stays.
   */
  takeBack(): number {
    const ticks = this.#madeTicks;
    if (ticks === 0) return 0;
    this.#madeTicks = 0;
    this.#timestamp = (this.#timestamp - ticks) | 0;
    this.#sequence = (this.#sequence - 1) & 0xffff;
    this.#isAfterPause ||= this.#madeMarker;
    this.#packets -= 1;
    this.#octets -= this.#madeOctets;
    return ticks / this.#options.ticksPerMs;
  }

  /** Lets 10 ms pass without sending, as on hold; what of a packet was written is not sent. */
  skip(): void {
    this.#timestamp = (this.#timestamp + this.#frameTicks) | 0;
    this.#isAfterPause = true;
    this.#startPacket();
  }

  #complete(making: RtpStream, nowMs: number): void {
    const bytes = this.#buffer;
    const ticks = this.#frames * this.#frameTicks;
    const events = this.#events;
    const eventType = this.#eventPayloadType(making);
    if (eventType !== undefined && events.next(this.#packetTimestamp, ticks, bytes, RTP_HEADER_BYTES)) {
      this.#write(eventType, events.isFirst, events.timestamp);
      this.#length = RTP_HEADER_BYTES + EVENT_BYTES;
      this.#madeTicks = 0;
    } else {
      this.#write(making.sendPayloadType, this.#isAfterPause, this.#packetTimestamp);
      this.#madeTicks = ticks;
      this.#madeMarker = this.#isAfterPause;
      this.#isAfterPause = false;
    }
    this.#madeOctets = this.#length - RTP_HEADER_BYTES;
    this.#packets += 1;
    this.#octets += this.#madeOctets;
    this.#sentAtMs = nowMs;
    this.#send(this.#packet());
    this.#turn = (this.#turn + 1) % BUFFERS;
    this.#buffer = this.#buffers[this.#turn]!;
    this.#startPacket();
  }

  /** Events must have the clock of the audio that they take the place of (RFC 4733 §2.1). */
  #eventPayloadType(stream: RtpStream | undefined): number | undefined {
    const events = stream?.sendEvents;
    return events?.clockHz === this.#options.ticksPerMs * 1000 ? events.payloadType : undefined;
  }

  /** A view is made only when packets change their length. */
  #packet(): Uint8Array {
    const last = this.#packetViews[this.#turn]!;
    if (last.length === this.#length) return last;
    const packet = this.#buffer.subarray(0, this.#length);
    this.#packetViews[this.#turn] = packet;
    return packet;
  }

  #write(payloadType: number, marker: boolean, timestamp: number): void {
    writeRtpHeader(this.#buffer, payloadType, marker, this.#sequence, timestamp, this.#ssrc);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  #startPacket(): void {
    this.#making = this.#agreed;
    this.#packetTimestamp = this.#timestamp;
    this.#frames = 0;
    this.#length = RTP_HEADER_BYTES;
  }
}

function chance(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
