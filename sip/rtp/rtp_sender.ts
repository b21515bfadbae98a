import { EventSender } from './event_sender.ts';
import { RTP_LIMITS } from './limits.ts';
import type { SentState } from './rtcp_session.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from './rtp_packet.ts';
import { EVENT_BYTES } from './telephone_event.ts';

/** A packet on its way: `length` bytes of `bytes` from the start, which stay as they are for some packets more. */
export type SendPacket = (bytes: Uint8Array, length: number) => void;

export interface RtpSenderOptions {
  readonly payloadType: number;
  /** Of telephone events; undefined when the far end takes none. */
  readonly eventPayloadType: number | undefined;
  /** 10 to 60, a multiple of 10. */
  readonly ptimeMs: number;
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
  readonly #frameTicks: number;
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

  /** False when the far end takes no events, for what is no key, or when too many wait. */
  press(key: string, durationMs: number): boolean {
    return this.#options.eventPayloadType !== undefined && this.#events.press(key, durationMs);
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
    this.#length += payloadBytes;
    this.#frames += 1;
    this.#timestamp = (this.#timestamp + this.#frameTicks) | 0;
    if (this.#frames * FRAME_MS >= this.#options.ptimeMs) this.#complete(nowMs);
  }

  /** Throws away what of a packet was written, and says how many milliseconds that was. */
  flush(): number {
    const flushedMs = this.#frames * FRAME_MS;
    this.#startPacket();
    return flushedMs;
  }

  /** Lets 10 ms pass without sending, as on hold; what of a packet was written is not sent. */
  skip(): void {
    this.#timestamp = (this.#timestamp + this.#frameTicks) | 0;
    this.#isAfterPause = true;
    this.#startPacket();
  }

  #complete(nowMs: number): void {
    const { payloadType, eventPayloadType } = this.#options;
    const bytes = this.#buffer;
    const ticks = this.#frames * this.#frameTicks;
    const events = this.#events;
    if (
      eventPayloadType !== undefined &&
      events.next(this.#packetTimestamp, ticks, bytes, RTP_HEADER_BYTES)
    ) {
      this.#write(eventPayloadType, events.isFirst, events.timestamp);
      this.#length = RTP_HEADER_BYTES + EVENT_BYTES;
    } else {
      this.#write(payloadType, this.#isAfterPause, this.#packetTimestamp);
      this.#isAfterPause = false;
    }
    this.#packets += 1;
    this.#octets += this.#length - RTP_HEADER_BYTES;
    this.#sentAtMs = nowMs;
    this.#send(bytes, this.#length);
    this.#turn = (this.#turn + 1) % BUFFERS;
    this.#buffer = this.#buffers[this.#turn]!;
    this.#startPacket();
  }

  #write(payloadType: number, marker: boolean, timestamp: number): void {
    writeRtpHeader(this.#buffer, payloadType, marker, this.#sequence, timestamp, this.#ssrc);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  #startPacket(): void {
    this.#packetTimestamp = this.#timestamp;
    this.#frames = 0;
    this.#length = RTP_HEADER_BYTES;
  }
}

function chance(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
